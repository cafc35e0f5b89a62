"""kafka-python's clients, with the settings that exactly-once and determinism ask for."""

from __future__ import annotations

from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import RetriableError

from contracts.errors import Unreachable
from infra.kafka.away import broker_answers

__all__ = ["connect_admin", "connect_consumer", "connect_producer"]

# A broker on the same machine or in the same rack answers at once; who waits longer is told.
_BOOTSTRAP_TIMEOUT_MS = 10_000


def _connected(client: type[Any], bootstrap: str, config: dict[str, Any]) -> Any:
    with broker_answers(bootstrap):
        try:
            return client(
                **{"bootstrap_servers": bootstrap, "bootstrap_timeout_ms": _BOOTSTRAP_TIMEOUT_MS} | config
            )
        except (RetriableError, OSError) as error:
            message = f"No Kafka broker answers at {bootstrap} ({type(error).__name__}: {error})."
            raise Unreachable(message, hint="Is it running? `freshet doctor` looks.") from error


def connect_consumer(bootstrap: str, *, isolation: str = "read_committed", **tuning: Any) -> KafkaConsumer:
    """A consumer without a group that yields bytes, and never chooses an offset by itself.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    isolation : str
        ``read_committed`` or ``read_uncommitted``.
    **tuning
        Further settings of kafka-python.

    Raises
    ------
    Unreachable
        If no broker answers.
    """
    # No deserializer: one that raises makes the consumer spin on the same record. No reset: an offset outside
    # the log must be an error, not a choice made for us.
    config: dict[str, Any] = {
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "isolation_level": isolation,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
        "max_partition_fetch_bytes": 4 * 1024 * 1024,
        "reconnect_backoff_max_ms": 1_000,
    }
    return _connected(KafkaConsumer, bootstrap, config | tuning)


def connect_producer(bootstrap: str, **tuning: Any) -> KafkaProducer:
    """An idempotent producer that waits for all replicas; as `connect_consumer` otherwise."""
    config: dict[str, Any] = {
        "enable_idempotence": True,
        "acks": "all",
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
        "linger_ms": 5,
        "batch_size": 256 * 1024,
        "reconnect_backoff_max_ms": 1_000,
    }
    return _connected(KafkaProducer, bootstrap, config | tuning)


def connect_admin(bootstrap: str, **tuning: Any) -> KafkaAdminClient:
    """An admin client; as `connect_consumer` otherwise."""
    return _connected(KafkaAdminClient, bootstrap, tuning)
