"""One partition of a topic through kafka-python: see `infra.kafka.ports.PartitionLog`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from kafka import TopicPartition
from kafka.errors import KafkaError, LogTruncationError, NoOffsetForPartitionError, OffsetOutOfRangeError

from contracts.errors import StateLost
from infra.kafka.clients import connect_consumer
from infra.kafka.ports import Record

__all__ = ["KafkaPartitionLog"]

_SILENCE_S: Final = 5.0
_ASKED_MS: Final = 2_000

# The broker gathers what comes: each answer is a turn of a learner, and each turn a transaction, whose cost is not by
# records. At 500 events a second a broker and two learners took 140 % of a core, and 81 % with this. Where nothing
# comes it asks twenty times a second instead of twice.
_ENOUGH_BYTES: Final = 1_000_000
_GATHERED_MS: Final = 50


class KafkaPartitionLog:
    """A partition read with kafka-python; assigned, not subscribed, and always positioned by `seek`.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        Name on the broker.
    partition : int
        Which one.
    max_poll_records : int
        The most that one `poll` returns.
    away : callable
        Told why, when `lag` finds that the broker is away, and None when it is there again.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partition: int,
        *,
        max_poll_records: int = 500,
        away: Callable[[str | None], None] = lambda _why: None,
    ) -> None:
        self._bootstrap = bootstrap
        self._away = away
        self._is_away = False
        self.topic = topic
        self.partition = partition
        self._at = TopicPartition(topic, partition)
        self._consumer = connect_consumer(
            bootstrap,
            max_poll_records=max_poll_records,
            fetch_min_bytes=_ENOUGH_BYTES,
            fetch_max_wait_ms=_GATHERED_MS,
        )
        self._consumer.assign([self._at])
        self._heard_s = time.monotonic()

    def seek(self, offset: int) -> None:
        """Read on from `offset`."""
        self._consumer.seek(self._at, offset)

    def poll(self, timeout_s: float) -> Sequence[Record]:
        """Up to `max_poll_records` records, or none after `timeout_s`."""
        try:
            batches = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        except (OffsetOutOfRangeError, NoOffsetForPartitionError, LogTruncationError) as error:
            start, end = self.bounds()
            message = f"{self.topic}/{self.partition} was to be read on, but only offsets {start} to {end} are there."
            raise StateLost(message, topic=self.topic, partition=self.partition, offset=start) from error
        if batches:
            self._hear()
        return [
            Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
            for r in batches.get(self._at, ())
        ]

    def position(self) -> int:
        """Offset of what `poll` returns next."""
        return int(self._consumer.position(self._at, timeout_ms=_ASKED_MS))

    def bounds(self) -> tuple[int, int]:
        """First offset, and the last stable one: the end as a reader of committed records sees it."""
        start = self._consumer.beginning_offsets([self._at])[self._at]
        end = self._consumer.end_offsets([self._at])[self._at]
        return int(start), int(end)

    def lag(self) -> int | None:
        """How far `position` is behind the high watermark that came with the last answer; None where none came.

        After some seconds of silence the broker is asked: a consumer whose broker is gone is as silent as one that has
        read everything.
        """
        if time.monotonic() - self._heard_s > _SILENCE_S:
            try:
                end = self._consumer.end_offsets([self._at], timeout_ms=_ASKED_MS)[self._at]
            except KafkaError as error:
                self._is_away = True
                self._away(
                    f"The broker at {self._bootstrap} does not answer ({type(error).__name__}: {error})."
                )
                return None
            self._hear()
            return max(0, int(end) - self.position())
        end = self._consumer.highwater(self._at)
        return None if end is None else max(0, int(end) - self.position())

    def _hear(self) -> None:
        self._heard_s = time.monotonic()
        if self._is_away:
            self._is_away = False
            self._away(None)

    def close(self) -> None:
        """Let go of all sockets."""
        self._consumer.close(autocommit=False)
