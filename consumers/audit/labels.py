"""Labels a second time: two passes over whole visits, sharing no code with the learner.

The learner goes event by event and keeps what is open. Here the first pass only collects, for each visit, its
events, and the clock at each record; the second takes one visit after the other and looks silence up in the list
of clocks. The rules are those of `contracts.labels`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
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
    """A decision point: who is asked, and what settled each task; one that is not there is open, or never settles.

    `asked` has, by task, the offset of the record that it was asked at: another than the event's own where it is asked
    when the visit has ended.
    """

    event_id: str
    visit: str
    asked: dict[str, int]
    settled: dict[str, Settlement]


class Verdict(NamedTuple):
    """What must stand on the topics: decision points and late events, by offset.

    `to_come` are the tasks and offsets of what is asked when a visit ends that is open still.
    """

    points: dict[int, Point]
    late: dict[int, str]
    to_come: set[tuple[str, int]]


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
        declared = tuple(tasks)
        self._rules = {task.name: task.label for task in declared}
        self._at_end = frozenset(task.name for task in declared if task.at_visit_end)
        self._offsets = array("q")
        self._clocks = array("q")
        self._visits: dict[str, list[_Event]] = {}
        self._alone: list[_Event] = []

    def add(self, seen: Sighting) -> None:
        """Take in the next accepted event of the partition."""
        clock = max(self._clocks[-1], seen.time_ms) if self._clocks else seen.time_ms
        event = _Event(len(self._clocks), seen.type, seen.event_id, seen.tasks, seen.event)
        if seen.visit is not None:
            self._visits.setdefault(seen.visit, []).append(event)
        elif seen.tasks:
            self._alone.append(event)
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
        verdict = Verdict({}, {}, set())
        for visit, events in self._visits.items():
            self._judge_visit(visit, events, verdict)
        for event in self._alone:
            self._ask(event.event_id, event, verdict)
        return verdict

    def _judge_visit(self, visit: str, events: list[_Event], verdict: Verdict) -> None:
        waiting: list[tuple[_Event, str]] = []  # event and task
        last: dict[str, _Event] = {}  # by task that is asked at the end
        last_ms: int | None = None  # clock at the last event of what is open
        settled_ms: int | None = None  # clock when it was settled

        def settle(why: str, at: int, order: OrderPlaced | None) -> None:
            nonlocal last_ms, settled_ms
            for event, task in waiting:
                label = self._rules[task].when_ended(event.event, order).label
                self._settle(event, task, Settlement(label, why, self._offsets[at]), verdict)
            for task, event in last.items():
                self._point(visit, event, verdict).asked[task] = self._offsets[at]
                rule = self._rules[task]
                if rule.settles:
                    said = rule.when_asked(event.event) or rule.when_ended(event.event, order)
                    self._settle(event, task, Settlement(said.label, why, self._offsets[at]), verdict)
            waiting.clear()
            last.clear()
            last_ms, settled_ms = None, self._clocks[at]

        for event in events:
            clock = self._clocks[event.at]
            if last_ms is not None and clock - last_ms >= SILENCE_MS:
                settle("silence", bisect_left(self._clocks, last_ms + SILENCE_MS), None)
            is_settled = settled_ms is not None and clock - settled_ms < MEMORY_MS
            if is_settled:
                if event.type in LATE:
                    verdict.late[self._offsets[event.at]] = event.event_id
                continue
            if event.type != ENDS or last_ms is not None:
                last |= {task: event for task in event.tasks if task in self._at_end}
            if event.type == ORDERS:
                settle("order", event.at, event.event if isinstance(event.event, OrderPlaced) else None)
            elif event.type != ENDS:
                last_ms = clock
                waiting = self._follow(waiting, event, verdict)
                waiting += [(event, task) for task in self._ask(visit, event, verdict)]
            elif last_ms is not None:
                settle("ended", event.at, None)
        if last_ms is not None and self._clocks[-1] - last_ms >= SILENCE_MS:
            settle("silence", bisect_left(self._clocks, last_ms + SILENCE_MS), None)
        verdict.to_come.update((task, self._offsets[event.at]) for task, event in last.items())

    def _ask(self, visit: str, event: _Event, verdict: Verdict) -> list[str]:
        """Ask the tasks that are asked of the event itself; return those that wait for their label."""
        offset, waiting = self._offsets[event.at], []
        for task in event.tasks:
            if task in self._at_end:
                continue
            self._point(visit, event, verdict).asked[task] = offset
            said = self._rules[task].when_asked(event.event)
            if said is not None:
                self._settle(event, task, Settlement(said.label, "at-once", offset), verdict)
            elif self._rules[task].settles:
                waiting.append(task)
        return waiting

    def _follow(
        self, waiting: list[tuple[_Event, str]], event: _Event, verdict: Verdict
    ) -> list[tuple[_Event, str]]:
        left = []
        for before, task in waiting:
            said = self._rules[task].when_followed(before.event, event.event)
            if said is None:
                left.append((before, task))
            else:
                self._settle(before, task, Settlement(said.label, "next", self._offsets[event.at]), verdict)
        return left

    def _point(self, visit: str, event: _Event, verdict: Verdict) -> Point:
        return verdict.points.setdefault(self._offsets[event.at], Point(event.event_id, visit, {}, {}))

    def _settle(self, event: _Event, task: str, by: Settlement, verdict: Verdict) -> None:
        verdict.points[self._offsets[event.at]].settled[task] = by
