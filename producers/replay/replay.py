"""The walk through a recorded shop: rows in, events out, in the order of the file."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from contracts.codec import rfc3339
from contracts.emission import Emission
from contracts.errors import InputFileError
from contracts.labels import AHEAD_MS
from producers.replay.dates import Dates, Order
from producers.replay.file import RecordedFile
from producers.replay.invoices import Invoices
from producers.replay.row import Row, Unusable, parse_row
from producers.replay.rows import RowCount, in_words

__all__ = ["Replay"]

_SOURCE_DIGITS = 12


class Replay:
    """An iterable of `Emission`, the same for the same file every time it is walked.

    Parameters
    ----------
    file : RecordedFile
        The recorded shop.
    partitions : int
        Of ``shop.user-events``.
    dates : Dates, optional
        How dates with slashes are read; as the file itself tells, if not given.

    Attributes
    ----------
    source : str
        What tells this shop from every other, the file and how its dates are read: it stands in each event.
    rows : RowCount
        Of the latest walk, complete when it is over.
    """

    def __init__(self, file: RecordedFile, partitions: int, dates: Dates | None = None) -> None:
        if partitions < 1:
            msg = f"`partitions` must be at least 1. Got {partitions}."
            raise ValueError(msg)
        self.file = file
        self.partitions = partitions
        self.dates = file.dates() if dates is None else dates
        self.source = "/".join(filter(None, ("replay", file.digest[:_SOURCE_DIGITS], self.dates.of_note)))
        self.rows = RowCount()

    def __iter__(self) -> Generator[Emission, None, None]:
        """Walk through the file.

        Raises
        ------
        InputFileError
            If time goes back by more than 24 hours from one usable row to a later one, or what is no CSV follows.
        """
        count = self.rows = RowCount()
        invoices = Invoices(self.source, self.partitions)
        latest_ms, latest_line = 0, 0
        order = self.dates.order
        for line, text, fields, is_open in self.file.rows():
            count.read += 1
            try:
                row = _parsed(fields, is_open, order)
                if row.time_ms < latest_ms - AHEAD_MS:
                    raise self._back(line, row, latest_line, latest_ms)
                invoices.take(row)
            except Unusable as why:
                count.skip(why.args[0], line, text)
                continue
            count.used += 1
            if row.time_ms > latest_ms:
                latest_ms, latest_line = row.time_ms, line
            yield from invoices.drain()
        invoices.close()
        yield from invoices.drain()

    def must_be_usable(self) -> None:
        """Look for a row that can be used.

        Raises
        ------
        InputFileError
            If there is none, with what is wrong with them.
        """
        with closing(iter(self)) as emissions:
            if next(emissions, None) is not None:
                return
        what = "\n".join(in_words(self.rows.as_json()))
        message = f"{self.file.path}: at least one row must be of use. None is:\n{what}"
        raise InputFileError(message)

    def _back(self, line: int, row: Row, latest_line: int, latest_ms: int) -> InputFileError:
        return InputFileError(
            f"{self.file.path}, line {line}: time must not go back by more than 24 hours. "
            f"Got {rfc3339(row.time_ms)} after {rfc3339(latest_ms)} in line {latest_line}.",
            hint="Sort the file by InvoiceDate: nothing is sorted here.",
        )


def _parsed(fields: list[str] | None, is_open: bool, order: Order | None) -> Row:
    if fields is None:
        raise Unusable("open-quote" if is_open else "wrong-columns")
    return parse_row(fields, order)
