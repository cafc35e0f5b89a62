"""The real Kafka and the real Postgres as child processes: what Docker would start, without Docker."""

from infra.embedded.kafka import EmbeddedKafka

__all__ = ["EmbeddedKafka"]
