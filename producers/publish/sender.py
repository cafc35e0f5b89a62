"""One emission at a time into a producer, with CloudEvents headers, and every delivery checked."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any, Final, Protocol

from kafka.errors import KafkaError

from contracts.codec import rfc3339
from contracts.emission import Emission
from contracts.errors import Unreachable

__all__ = ["Producer", "Sender", "headers_of"]

# Records whose delivery is not known yet. It bounds the memory, and how much later than its cause an error shows.
_OPEN_RECORDS: Final = 20_000
_DELIVERY_S: Final = 150.0


class Producer(Protocol):
    """What is needed of kafka-python's producer.

    Guarantees, when made by `infra.kafka.connect_producer`: records of one partition are written in the order in
    which they were sent, each once, while the process lives. `send` may block while buffers are full.
    """

    def send(
        self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]], partition: int
    ) -> Any:
        """Hand a record over; the future that comes back says whether it was written."""
        ...

    def flush(self, timeout: float | None = None) -> Any:
        """Wait until all that was sent is written or has failed."""
        ...


@lru_cache(maxsize=256)
def _constant(kind: str, source: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", kind.encode()),
        ("ce_source", source.encode()),
    )


def headers_of(emission: Emission) -> list[tuple[str, bytes]]:
    """Headers of a record by CloudEvents' binding for Kafka, binary mode.

    References
    ----------
    .. [1] Kafka Protocol Binding for CloudEvents, version 1.0.2.

    Examples
    --------
    >>> headers_of(Emission("shop.truth", "k", 0, b"{}", "u-1", "Truth", 0, "simulator/seed=1", False))[-2:]
    [('ce_id', b'u-1'), ('ce_time', b'1970-01-01T00:00:00.000Z')]
    """
    return [
        *_constant(emission.event_type, emission.source),
        ("ce_id", emission.event_id.encode()),
        ("ce_time", rfc3339(emission.time_ms).encode()),
    ]


class Sender:
    """Sends emissions and raises as soon as one is known to be lost.

    Parameters
    ----------
    producer : Producer
        Idempotent.
    namespace : str
        Put before the names of topics.
    """

    def __init__(self, producer: Producer, namespace: str = "") -> None:
        self._producer = producer
        self._namespace = namespace
        self._open: deque[tuple[Any, str, int]] = deque()

    def send(self, emission: Emission) -> None:
        """Hand one emission over.

        Raises
        ------
        Unreachable
            If this one or one sent before could not be written; it names topic and partition.
        """
        topic = self._namespace + emission.topic
        try:
            future = self._producer.send(
                topic,
                value=emission.value,
                key=emission.key.encode(),
                headers=headers_of(emission),
                partition=emission.partition,
            )
        except KafkaError as error:
            raise _lost(topic, emission.partition, error) from error
        self._open.append((future, topic, emission.partition))
        self._check(_OPEN_RECORDS)

    def finish(self) -> None:
        """Wait until everything is written, and check each record; raises as `send` does."""
        self._producer.flush(timeout=_DELIVERY_S)
        self._check(0)

    def _check(self, most: int) -> None:
        records = self._open
        while records and (records[0][0].is_done or len(records) > most):
            future, topic, partition = records.popleft()
            try:
                future.get(timeout=_DELIVERY_S)
            except KafkaError as error:
                raise _lost(topic, partition, error) from error


def _lost(topic: str, partition: int, error: KafkaError) -> Unreachable:
    what = f"A record for {topic}/{partition} could not be written ({type(error).__name__}: {error})."
    return Unreachable(
        what, hint="Start again once the broker answers: what is on the log already is not sent twice."
    )
