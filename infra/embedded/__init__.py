"""The real Kafka and the real Postgres as child processes: what Docker would start, without Docker."""

from infra.embedded.background_runtime import start_background_runtime
from infra.embedded.data_folder import wipe
from infra.embedded.kafka.broker import EmbeddedKafka
from infra.embedded.ownership import need_own_folder
from infra.embedded.postgres.database import EmbeddedPostgres
from infra.embedded.running import Running, find_running, stop_running
from infra.embedded.runtime import Runtime

__all__ = [
    "EmbeddedKafka",
    "EmbeddedPostgres",
    "Running",
    "Runtime",
    "find_running",
    "need_own_folder",
    "start_background_runtime",
    "stop_running",
    "wipe",
]
