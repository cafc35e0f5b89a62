"""Labels a second time: two passes over whole visits, sharing no code with the learner.

The learner goes event by event and keeps what is open. Here the first pass only collects, for each visit, its
events, and the clock at each record; the second takes one visit after the other and looks silence up in the list
of clocks. The rules are those of `contracts.labels`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple

from consumers.audit.sightings import ENDS, LATE, ORDERS, Sighting
from contracts.labels import MEMORY_MS, SILENCE_MS

__all__ = ["History", "Point", "Settlement", "Verdict"]


class Settlement(NamedTuple):
    """What settled a visit: why, at which offset, and what was paid (None without an order)."""

    why: str
    offset: int
    total: float | None

    def label(self, task: str) -> float | None:
        """The label of `task` for the decision points of the visit."""
        if task == "conversion":
            return 0.0 if self.total is None else 1.0
        return self.total


class Point(NamedTuple):
    """A decision point: who is asked, and what settled it (None: still open)."""

    event_id: str
    visit: str
    tasks: tuple[str, ...]
    settled: Settlement | None


class Verdict(NamedTuple):
    """What must stand on the topics: decision points and late events, by offset."""

    points: dict[int, Point]
    late: dict[int, str]


class _Event(NamedTuple):
    at: int
    type: str
    event_id: str
    tasks: tuple[str, ...]
    total: float | None


class History:
    """First pass: the clock at each accepted record, and the events of each visit."""

    def __init__(self) -> None:
        self._offsets = array("q")
        self._clocks = array("q")
        self._visits: dict[str, list[_Event]] = {}

    def add(self, seen: Sighting) -> None:
        """Take in the next accepted event of the partition."""
        clock = max(self._clocks[-1], seen.time_ms) if self._clocks else seen.time_ms
        if seen.visit is not None:
            event = _Event(len(self._clocks), seen.type, seen.event_id, seen.tasks, seen.total)
            self._visits.setdefault(seen.visit, []).append(event)
        self._clocks.append(clock)
        self._offsets.append(seen.offset)

    def known_from(self, unknown_ms: int) -> int:
        """First offset at which the clock stood `unknown_ms` past its first reading; past the end where none did."""
        at = bisect_left(self._clocks, self._clocks[0] + unknown_ms) if self._clocks else 0
        return (
            self._offsets[at] if at < len(self._offsets) else (self._offsets[-1] + 1 if self._offsets else 0)
        )

    def judge(self) -> Verdict:
        """Second pass: every visit by itself."""
        verdict = Verdict({}, {})
        for visit, events in self._visits.items():
            self._judge_visit(visit, events, verdict)
        return verdict

    def _judge_visit(self, visit: str, events: list[_Event], verdict: Verdict) -> None:
        asked: list[_Event] = []
        last_ms: int | None = None  # clock at the last event of what is open
        settled_ms: int | None = None  # clock when it was settled

        def settle(why: str, at: int, total: float | None) -> None:
            nonlocal last_ms, settled_ms
            self._write(visit, asked, Settlement(why, self._offsets[at], total), verdict)
            asked.clear()
            last_ms, settled_ms = None, self._clocks[at]

        for event in events:
            clock = self._clocks[event.at]
            if last_ms is not None and clock - last_ms >= SILENCE_MS:
                settle("silence", bisect_left(self._clocks, last_ms + SILENCE_MS), None)
            is_settled = settled_ms is not None and clock - settled_ms < MEMORY_MS
            if is_settled:
                if event.type in LATE:
                    verdict.late[self._offsets[event.at]] = event.event_id
            elif event.type == ORDERS:
                settle("order", event.at, event.total)
            elif event.type != ENDS:
                last_ms = clock
                if event.tasks:
                    asked.append(event)
            elif last_ms is not None:
                settle("ended", event.at, None)
        if last_ms is not None and self._clocks[-1] - last_ms >= SILENCE_MS:
            settle("silence", bisect_left(self._clocks, last_ms + SILENCE_MS), None)
        self._write(visit, asked, None, verdict)

    def _write(self, visit: str, asked: list[_Event], settled: Settlement | None, verdict: Verdict) -> None:
        for event in asked:
            verdict.points[self._offsets[event.at]] = Point(event.event_id, visit, event.tasks, settled)
