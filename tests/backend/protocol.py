"""What integration tests ask of the broker and the database they run on."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Broker(Protocol):
    """One Kafka node with the settings of `infra.embedded.kafka.config`, on the loopback address only.

    Both calls block. A stop is an orderly one, and a start after it brings back the same data at the same address.
    No crash is offered: after one, the controller must take note of it before the broker comes back, or a committed
    transaction can stay open for ever (see `EmbeddedKafka._settle`). Tests that kill brokers use the embedded one.
    """

    @property
    def bootstrap(self) -> str:
        """Address for clients, ``127.0.0.1:PORT``."""
        ...

    def start(self) -> None:
        """Start it again and wait until it serves."""
        ...

    def stop(self) -> None:
        """End it in order, and wait for its end."""
        ...


class DatabaseServer(Protocol):
    """One Postgres, on the loopback address only; stopped and started as a `Broker` is."""

    @property
    def conninfo(self) -> str:
        """A DSN without the password."""
        ...

    @property
    def password_file(self) -> Path:
        """The password alone, in a file that only its owner can read."""
        ...

    def start(self) -> None:
        """Start it again and wait until it takes logins."""
        ...

    def stop(self) -> None:
        """End it, not waiting for clients to leave, and wait for its end."""
        ...


class Backend(Protocol):
    """A broker and a database for one run of the tests, each started when it is first asked for.

    Tests share them: topics and databases have names of their own, and who stops a server starts it again.
    """

    @property
    def name(self) -> str:
        """Which one it is: ``embedded`` or ``containers``."""
        ...

    @property
    def broker(self) -> Broker:
        """The broker of this run."""
        ...

    @property
    def database(self) -> DatabaseServer:
        """The database server of this run."""
        ...
