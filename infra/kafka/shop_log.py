"""How far the main input has come, for readers of what learners write about it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from contracts.clock import TickClock
from contracts.codec import decode_user_event
from contracts.errors import BadRecord
from contracts.labels import AHEAD_MS
from infra.kafka.reading import log_range, read_to_end

__all__ = ["ShopLog"]


class ShopLog:
    """Remembers ends and ticks, and looks again where something is ahead of them: at most once between two `refresh`.

    What learners write is on its topics later than what it is about. So who refreshes after each poll refuses nothing
    that is theirs, and a thousand forged records cost one look.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        The main input's name on it.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._ends: dict[int, int] = {}
        self._clocks: dict[int, TickClock] = defaultdict(TickClock)
        self._read: dict[int, int] = {}
        self.refresh()

    def refresh(self) -> None:
        """Allow for one more look at ends, and at ticks."""
        self._may_ask = True
        self._has_read: set[int] = set()

    def was_read(self, partition: int, end: int, ticked_ms: int | None) -> None:
        """Let ticks below `end` be known from who has read them: the newest; with None they are looked for."""
        if ticked_ms is not None:
            self._read[partition], self._clocks[partition].ticked_ms = end, ticked_ms

    def has(self, partition: int, offset: int) -> bool:
        """Whether there is, or was, such a record; raises `Unreachable`."""
        if offset >= self._ends.get(partition, 0) and self._may_ask:
            self._ends = {p: end for p, (_, end) in log_range(self._bootstrap, self._topic).items()}
            self._may_ask = False
        return offset < self._ends.get(partition, 0)

    def has_come_to(self, partition: int, time_ms: int) -> bool:
        """Whether the partition's clock is within a day of a time, or has not ticked yet; raises `Unreachable`."""
        if not self._is_near(partition, time_ms) and partition not in self._has_read:
            self._read_on(partition)
            self._has_read.add(partition)
        return self._is_near(partition, time_ms) or self._clocks[partition].ticked_ms is None

    def _is_near(self, partition: int, time_ms: int) -> bool:
        ticked_ms = self._clocks[partition].ticked_ms
        return ticked_ms is not None and time_ms <= ticked_ms + AHEAD_MS

    def _read_on(self, partition: int) -> None:
        clock = self._clocks[partition]
        for record in read_to_end(self._bootstrap, self._topic, start=self._read, partitions=[partition]):
            self._read[partition] = record.offset + 1
            if b"ClockTicked" not in (record.value or b""):
                continue  # nothing else moves the clock, and most of the log is something else
            with suppress(BadRecord):
                clock.admit(*decode_user_event(record.value))
