"""Labels a second time: two passes over whole visits, sharing no code with the learner.

The learner goes event by event and keeps what is open. Here the first pass only collects, for each visit, its
events, and the clock at each record; the second takes one visit after the other and looks silence up in the list
of clocks. The rules are those of `contracts.labels`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consumers.audit.sightings import ENDS, LATE, ORDERS, Declared, Sighting
from contracts.bounds import Label
from contracts.events import OrderPlaced, UserEvent
from contracts.labels import MEMORY_MS, SILENCE_MS

__all__ = ["History", "Point", "Settlement", "Verdict"]


class Settlement(NamedTuple):
    """What settled a decision point: the label, why, and at which offset."""

    label: Label | None
    why: str
    offset: int


class Point(NamedTuple):
    """A decision point: who is asked, and what settled each task; one that is not there is open, or never settles."""

    event_id: str
    visit: str
    tasks: tuple[str, ...]
    settled: Mapping[str, Settlement]


class Verdict(NamedTuple):
    """What must stand on the topics: decision points and late events, by offset."""

    points: dict[int, Point]
    late: dict[int, str]


class _Event(NamedTuple):
    at: int
    type: str
    event_id: str
    tasks: tuple[str, ...]
    event: UserEvent


class History:
    """First pass: the clock at each accepted record, and the events of each visit.

    Parameters
    ----------
    tasks : iterable of Declared
        Whose labels are worked out.
    """

    def __init__(self, tasks: Iterable[Declared]) -> None:
        self._rules = {task.name: task.label for task in tasks}
        self._offsets = array("q")
        self._clocks = array("q")
        self._visits: dict[str, list[_Event]] = {}

    def add(self, seen: Sighting) -> None:
        """Take in the next accepted event of the partition."""
        clock = max(self._clocks[-1], seen.time_ms) if self._clocks else seen.time_ms
        if seen.visit is not None:
            event = _Event(len(self._clocks), seen.type, seen.event_id, seen.tasks, seen.event)
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
        asked: list[tuple[_Event, dict[str, Settlement]]] = []
        last_ms: int | None = None  # clock at the last event of what is open
        settled_ms: int | None = None  # clock when it was settled

        def settle(why: str, at: int, order: OrderPlaced | None) -> None:
            nonlocal last_ms, settled_ms
            for event, settled in asked:
                for task in event.tasks:
                    if self._rules[task].settles and task not in settled:
                        label = self._rules[task].when_ended(event.event, order).label
                        settled[task] = Settlement(label, why, self._offsets[at])
            self._write(visit, asked, verdict)
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
                settle("order", event.at, event.event if isinstance(event.event, OrderPlaced) else None)
            elif event.type != ENDS:
                last_ms = clock
                self._follow(asked, event)
                if event.tasks:
                    asked.append((event, self._at_once(event)))
            elif last_ms is not None:
                settle("ended", event.at, None)
        if last_ms is not None and self._clocks[-1] - last_ms >= SILENCE_MS:
            settle("silence", bisect_left(self._clocks, last_ms + SILENCE_MS), None)
        self._write(visit, asked, verdict)

    def _at_once(self, event: _Event) -> dict[str, Settlement]:
        said = {task: self._rules[task].when_asked(event.event) for task in event.tasks}
        offset = self._offsets[event.at]
        return {
            task: Settlement(one.label, "at-once", offset) for task, one in said.items() if one is not None
        }

    def _follow(self, asked: list[tuple[_Event, dict[str, Settlement]]], event: _Event) -> None:
        for before, settled in asked:
            for task in before.tasks:
                if task not in settled:
                    said = self._rules[task].when_followed(before.event, event.event)
                    if said is not None:
                        settled[task] = Settlement(said.label, "next", self._offsets[event.at])

    def _write(self, visit: str, asked: list[tuple[_Event, dict[str, Settlement]]], verdict: Verdict) -> None:
        for event, settled in asked:
            verdict.points[self._offsets[event.at]] = Point(event.event_id, visit, event.tasks, settled)
