"""One emission at a time into a producer, with CloudEvents headers, and every delivery checked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from threading import Event
from typing import Any, Final, Protocol

from kafka.errors import KafkaError, KafkaTimeoutError

from contracts.codec import rfc3339
from contracts.emission import Emission
from contracts.errors import FreshetError
from infra.waiting import Waiting

__all__ = ["Producer", "Sender", "headers_of"]

# Records whose delivery is not known yet. It bounds the memory, and how much later than its cause an error shows.
_OPEN_RECORDS: Final = 20_000
_SILENCE_S: Final = 5.0
_LOOK_S: Final = 0.5


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
    """Sends emissions, waits while the brokers take none, and raises as soon as one is known to be lost.

    Nothing is sent again here: the client itself tries each batch until it is written, one at a time in a partition,
    so that the order stays.

    Parameters
    ----------
    producer : Producer
        Idempotent, and so patient that it never gives a record up by itself.
    namespace : str
        Put before the names of topics.
    waiting : Waiting
        Told where nothing is taken.
    stop : Event
        Set where nobody waits any longer.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        producer: Producer,
        namespace: str,
        waiting: Waiting,
        stop: Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = producer
        self._namespace = namespace
        self._waiting = waiting
        self._stop = stop
        self._clock = clock
        self._heard_s = clock()
        self._open: deque[tuple[Any, str, int]] = deque()

    def send(self, emission: Emission) -> bool:
        """Hand one emission over; False where `stop` was set before that could be.

        Raises
        ------
        FreshetError
            If this one or one sent before could not be written; it names topic and partition.
        """
        topic = self._namespace + emission.topic
        while not self._stop.is_set():
            try:
                future = self._producer.send(
                    topic,
                    value=emission.value,
                    key=emission.key.encode(),
                    headers=headers_of(emission),
                    partition=emission.partition,
                )
            except KafkaTimeoutError as error:  # it knows no broker: nothing was handed over
                self._waiting.waits(f"No broker takes records for {topic} ({error}).")
                continue
            except KafkaError as error:
                raise _lost(topic, emission.partition, error) from error
            if not self._open:
                self._heard_s = self._clock()
            self._open.append((future, topic, emission.partition))
            return self.is_written(_OPEN_RECORDS)
        return False

    def is_written(self, most: int = 0) -> bool:
        """Wait until at most so many records are on their way; False where `stop` was set before. Raises as `send`."""
        while True:
            self.look()
            if len(self._open) <= most:
                return True
            if self._stop.is_set():
                return False
            with suppress(KafkaError):  # whether it is done, and how, is looked at above
                self._open[0][0].get(timeout=_LOOK_S)

    def look(self) -> None:
        """Check what is settled, and say where the brokers take nothing. Raises as `send`."""
        records = self._open
        while records and records[0][0].is_done:
            future, topic, partition = records.popleft()
            try:
                future.get(timeout=0)
            except KafkaError as error:
                raise _lost(topic, partition, error) from error
            self._heard_s = self._clock()
            self._waiting.goes_on()
        if records and self._clock() - self._heard_s > _SILENCE_S:
            _, topic, partition = records[0]
            self._waiting.waits(
                f"{len(records):,} records are on their way, the first of them for {topic}/{partition}, "
                f"and no broker has taken any for {_SILENCE_S:g} s."
            )


def _lost(topic: str, partition: int, error: KafkaError) -> FreshetError:
    what = f"A record for {topic}/{partition} could not be written ({type(error).__name__}: {error})."
    return FreshetError(what, hint="Start again: what is on the log already is not sent twice.")
