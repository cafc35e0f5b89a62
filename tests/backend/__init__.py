"""The broker and the database that integration tests run on: embedded, or in containers.

`tests.backend.containers` and `tests.backend.engine` import testcontainers, and are imported where they are needed.
"""

from tests.backend.choice import VARIABLE, Choice, Unavailable, choose, wanted
from tests.backend.embedded import EmbeddedBackend
from tests.backend.protocol import Backend, Broker, DatabaseServer

__all__ = [
    "VARIABLE",
    "Backend",
    "Broker",
    "Choice",
    "DatabaseServer",
    "EmbeddedBackend",
    "Unavailable",
    "choose",
    "wanted",
]
