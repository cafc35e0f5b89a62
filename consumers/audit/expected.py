"""What one partition of the main input must have led to, judged by the audit's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from consumers.audit.labels import History, Point
from consumers.audit.sightings import Check, Declared, Reader, nobody
from contracts.errors import BadRecord
from contracts.labels import AHEAD_MS, MEMORY_MS, SILENCE_MS
from infra.kafka import Record

__all__ = ["Expectation", "DeadLetter"]

# Where the log has been cut, nobody knows the clock at the cut (it may stand a day before the next tick) nor which
# visits were settled within the memory.
_UNKNOWN_MS: Final = AHEAD_MS + MEMORY_MS + SILENCE_MS


class DeadLetter(NamedTuple):
    """A record that must be a dead letter: why, and a hash of its key and value."""

    reason: str
    untouched: int


class Expectation:
    """Collects the records of one partition, then says what must stand on the topics.

    Parameters
    ----------
    origins : list of int
        Offsets at which a state began anew, ascending: what was open before them never settles.
    start : int
        First offset that is read.
    tasks : iterable of Declared
        Whom events may ask.
    check : callable
        See `consumers.audit.sightings.Reader`.

    Attributes
    ----------
    points : dict of int to Point
        Decision points by offset.
    late : dict of int to str
        Late events by offset, with their ids.
    to_come : set of (str, int)
        Tasks and offsets of what is asked when a visit ends that is open at the end of what was read.
    dead_letters : dict of int to DeadLetter
        Dead letters by offset.
    unknown : list of (int, int)
        Ranges of offsets whose visits or clock depend on records that the log no longer has.
    """

    def __init__(
        self, origins: list[int], start: int, tasks: Iterable[Declared], check: Check = nobody
    ) -> None:
        self.points: dict[int, Point] = {}
        self.late: dict[int, str] = {}
        self.to_come: set[tuple[str, int]] = set()
        self.dead_letters: dict[int, DeadLetter] = {}
        self.unknown: list[tuple[int, int]] = []
        self._origins = [origin for origin in origins if origin > start]
        self._start = start
        self._ticked_ms: int | None = None
        # True where the state began before what can be read.
        self._is_cut = any(origin < start for origin in origins) and start not in origins
        self._tasks = tuple(tasks)
        self._check = check
        self._reader, self._history = Reader(self._tasks, check), History(self._tasks)

    def add(self, record: Record) -> None:
        """Take in the next record of the partition."""
        while self._origins and record.offset >= self._origins[0]:
            self._finish_history()
            self._start = self._origins.pop(0)
        try:
            self._history.add(self._reader.read(record.offset, record.value))
        except BadRecord as error:
            self.dead_letters[record.offset] = DeadLetter(error.reason, hash_of(record.key, record.value))

    def finish(self) -> None:
        """All records are in: work the labels out."""
        self._finish_history()

    @property
    def ticked_ms(self) -> int | None:
        """Event time of the newest tick since the state began last; None before the first."""
        return self._ticked_ms

    def is_unknown(self, offset: int) -> bool:
        """Whether what `offset` led to depends on what the log no longer has."""
        return any(start <= offset < end for start, end in self.unknown)

    def _finish_history(self) -> None:
        if self._is_cut:
            self.unknown.append((self._start, self._history.known_from(_UNKNOWN_MS)))
            self._is_cut = False
        self._ticked_ms = self._reader.tick_ms
        points, late, self.to_come = self._history.judge()
        self.points |= points
        self.late |= late
        self._reader, self._history = Reader(self._tasks, self._check), History(self._tasks)


def hash_of(key: bytes | None, value: bytes | None) -> int:
    """Of a record's key and value, as a dead letter must keep them."""
    return hash((key, value if value is not None or key is not None else b""))
