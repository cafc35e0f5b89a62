"""The real Kafka and the real Postgres as child processes: what Docker would start, without Docker."""

from infra.embedded.kafka import EmbeddedKafka
from infra.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedKafka", "EmbeddedPostgres"]
