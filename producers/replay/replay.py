"""The walk through a recorded shop: rows in, events out, in the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.codec import rfc3339
from contracts.emission import Emission
from contracts.errors import InputFileError
from contracts.labels import AHEAD_MS
from producers.replay.file import RecordedFile
from producers.replay.row import Row, Unusable, parse_row
from producers.replay.till import Till

__all__ = ["Replay", "RowCount"]

_SOURCE_DIGITS = 12


@dataclass
class RowCount:
    """What became of the rows: `read` is always `used` and all of `skipped` together.

    Parameters
    ----------
    read : int
        Rows so far.
    used : int
        Those that became a line of an order or of a return.
    skipped : Counter of str
        The others, by one of `producers.replay.REASONS`.
    """

    read: int = 0
    used: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        """Rows as they stand in the result of a replay, reasons in the order of the alphabet."""
        return {"read": self.read, "used": self.used, "skipped": dict(sorted(self.skipped.items()))}


class Replay:
    """An iterable of `Emission`, the same for the same file every time it is walked.

    Parameters
    ----------
    file : RecordedFile
        The recorded shop.
    partitions : int
        Of ``shop.user-events``.

    Attributes
    ----------
    source : str
        What tells this shop from every other: it stands in each event.
    rows : RowCount
        Of the latest walk, complete when it is over.
    """

    def __init__(self, file: RecordedFile, partitions: int) -> None:
        if partitions < 1:
            msg = f"`partitions` must be at least 1. Got {partitions}."
            raise ValueError(msg)
        self.file = file
        self.partitions = partitions
        self.source = f"replay/{file.digest[:_SOURCE_DIGITS]}"
        self.rows = RowCount()

    def __iter__(self) -> Iterator[Emission]:
        """Walk through the file.

        Raises
        ------
        InputFileError
            If time goes back by more than 24 hours from one usable row to a later one, or what is no CSV follows.
        """
        count = self.rows = RowCount()
        till = Till(self.source, self.partitions)
        latest_ms, latest_line = 0, 0
        for line, fields in self.file.rows():
            count.read += 1
            try:
                row = _parsed(fields)
                if row.time_ms < latest_ms - AHEAD_MS:
                    raise self._back(line, row, latest_line, latest_ms)
                till.take(row)
            except Unusable as why:
                count.skipped[why.args[0]] += 1
                continue
            count.used += 1
            if row.time_ms > latest_ms:
                latest_ms, latest_line = row.time_ms, line
            yield from till.handed_over()
        till.close()
        yield from till.handed_over()

    def _back(self, line: int, row: Row, latest_line: int, latest_ms: int) -> InputFileError:
        return InputFileError(
            f"{self.file.path}, line {line}: time must not go back by more than 24 hours. "
            f"Got {rfc3339(row.time_ms)} after {rfc3339(latest_ms)} in line {latest_line}.",
            hint="Sort the file by InvoiceDate: nothing is sorted here.",
        )


def _parsed(fields: list[str] | None) -> Row:
    if fields is None:
        raise Unusable("wrong-columns")
    return parse_row(fields)
