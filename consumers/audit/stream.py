"""Reads one partition of an output topic, and counts what aborted transactions left in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from infra.kafka import Record, log_range, read_to_end

__all__ = ["CommittedStream", "End"]

# Two gaps this near to one another are read in one go: a new consumer costs as much as a thousand records.
_NEAR: Final = 1_000
_LOOK_EVERY_S: Final = 0.02


class End(NamedTuple):
    """Where one partition of a topic ended when an audit began.

    Parameters
    ----------
    offset : int
        Its last stable offset.
    is_settled : bool
        False where a transaction stayed open, so that there may be more.
    """

    offset: int
    is_settled: bool

    @classmethod
    def now(cls, bootstrap: str, topic: str, partition: int, patience_s: float) -> Self:
        """Wait until nothing that stands there now belongs to an open transaction, but no longer than `patience_s`.

        A commit is decided before its markers reach every partition, so the group's offset may be seen a moment before
        the predictions that were committed with it.
        """
        _, written = log_range(bootstrap, topic, isolation="read_uncommitted")[partition]
        deadline = time.monotonic() + patience_s
        while (end := log_range(bootstrap, topic)[partition][1]) < written and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
        return cls(end, end >= written)


class CommittedStream:
    """The committed records of one partition up to an end, and the offsets between them.

    Each committed transaction leaves one marker after its records. Where more than one offset is missing, an
    aborted transaction left its records or its marker: only those stretches are read again, uncommitted.

    Attributes
    ----------
    start : int
        First offset that the log has; above 0 older records were deleted by retention.
    """

    def __init__(self, bootstrap: str, topic: str, partition: int, end: int) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        self._partition = partition
        self._end = end
        self._gaps: list[tuple[int, int]] = []
        self.start, _ = log_range(bootstrap, topic)[partition]

    def records(self) -> Iterator[Record]:
        """Every committed record below the end."""
        next_offset, marker = self.start, 0
        for record in read_to_end(
            self._bootstrap, self.topic, start={self._partition: self.start}, partitions=[self._partition]
        ):
            if record.offset >= self._end:
                break
            self._note_gap(next_offset, record.offset, marker)
            next_offset, marker = record.offset + 1, 1
            yield record
        self._note_gap(next_offset, self._end, marker)

    def _note_gap(self, start: int, end: int, marker: int) -> None:
        if end - start <= marker:
            return
        if self._gaps and start - self._gaps[-1][1] < _NEAR:
            start = self._gaps.pop()[0]
        self._gaps.append((start, end))

    def aborted_records(self) -> int:
        """How many records of aborted transactions stand between those that `records` yielded."""
        return sum(
            self._count(start, end, "read_uncommitted") - self._count(start, end, "read_committed")
            for start, end in self._gaps
        )

    def _count(self, start: int, end: int, isolation: str) -> int:
        count = 0
        for record in read_to_end(
            self._bootstrap,
            self.topic,
            start={self._partition: start},
            partitions=[self._partition],
            isolation=isolation,
        ):
            if record.offset >= end:
                break
            count += 1
        return count
