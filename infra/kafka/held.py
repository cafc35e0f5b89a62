"""Whether an open transaction holds a log: what stands behind it is not seen by who reads committed records."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError
from kafka.protocol.consumer.offsets import IsolationLevel

from contracts.codec import rfc3339
from contracts.errors import Unreachable
from infra.kafka.clients import connect_admin

__all__ = ["Held", "LogCheck"]

_HELD_AFTER_S: Final = 5.0
_FRESH_S: Final = 2.0
_ANSWER_MS: Final = 3_000


class Held(NamedTuple):
    """Where a log is held, by whom, and since when.

    Examples
    --------
    >>> print(Held("shop.user-events", 0, 1234, "loader-1", 1_767_600_000_000))
    The log of shop.user-events-0 is held at offset 1,234 by an open transaction of producer loader-1 since \
2026-01-05T08:00:00.000Z.
    """

    topic: str
    partition: int
    offset: int
    producer: str
    since_ms: int

    def __str__(self) -> str:
        return (
            f"The log of {self.topic}-{self.partition} is held at offset {self.offset:,} by an open transaction of "
            f"producer {self.producer} since {rfc3339(self.since_ms)}."
        )


class LogCheck:
    """Looks whether a topic's log is held; safe to share between threads.

    Two questions a look. Who holds it is asked only where committed records end before the log does, and did so at the
    same offset at the look before.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        Its name on the broker.
    held_after_s : float
        A transaction that is open for less is on its way.
    fresh_s : float
        An answer counts for so long, so that many who ask cost as much as one.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        *,
        held_after_s: float = _HELD_AFTER_S,
        fresh_s: float = _FRESH_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._held_after_s = held_after_s
        self._fresh_s = fresh_s
        self._now = now
        self._lock = threading.Lock()
        self._admin: KafkaAdminClient | None = None
        self._asked_s: float | None = None
        self._stable: dict[TopicPartition, int] | None = None
        self._found: list[Held] = []

    def problem(self) -> str | None:
        """Where the log is held, in words; None where it is not, or no broker answers. Takes some seconds at most."""
        return " ".join(map(str, self.held())) or None

    def held(self) -> list[Held]:
        """Each partition that is held; none where no broker answers: others say that."""
        with self._lock:
            if self._asked_s is None or time.monotonic() - self._asked_s >= self._fresh_s:
                try:
                    self._found = self._look()
                except (KafkaError, Unreachable):
                    self._release()
                self._asked_s = time.monotonic()
            return self._found

    def close(self) -> None:
        """Let go of the broker."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        admin, self._admin, self._stable, self._found = self._admin, None, None, []
        if admin is not None:
            admin.close()

    def _look(self) -> list[Held]:
        if self._admin is None:
            self._admin = connect_admin(
                self._bootstrap, bootstrap_timeout_ms=_ANSWER_MS, request_timeout_ms=_ANSWER_MS
            )
        if self._topic not in self._admin.list_topics():
            return []
        (description,) = self._admin.describe_topics([self._topic])
        at = {
            TopicPartition(self._topic, n): OffsetSpec.LATEST for n in range(len(description["partitions"]))
        }
        stable, last = (
            {tp: int(end.offset) for tp, end in self._admin.list_partition_offsets(at, level).items()}
            for level in (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
        )
        before, self._stable = self._stable, stable
        behind = [
            tp for tp in at if stable[tp] < last[tp] and (before is None or before.get(tp) == stable[tp])
        ]
        found = [self._holder(self._admin, tp) for tp in behind]
        return [one for one in found if one is not None]

    def _holder(self, admin: KafkaAdminClient, tp: TopicPartition) -> Held | None:
        """Whose transaction is the oldest that is open; None where it has ended meanwhile, or is young."""
        states = admin.describe_producers([tp])[tp].active_producers
        is_open = [one for one in states if one.current_transaction_start_offset >= 0]
        if not is_open:
            return None
        oldest = min(is_open, key=lambda one: one.current_transaction_start_offset)
        listed = admin.list_transactions(producer_id_filters=[oldest.producer_id])
        names = [one.transactional_id for of_broker in listed.values() for one in of_broker]
        # One whose coordinator knows nothing of it any more was left behind by the broker: its last write is known.
        producer, since_ms = f"id {oldest.producer_id}", oldest.last_timestamp
        if names:
            producer = names[0]
            since_ms = (
                max(0, admin.describe_transactions(names[:1])[producer].transaction_start_time_ms) or since_ms
            )
        if self._now() - since_ms / 1000.0 < self._held_after_s:
            return None
        return Held(tp.topic, tp.partition, oldest.current_transaction_start_offset, producer, since_ms)
