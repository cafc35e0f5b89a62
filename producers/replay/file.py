"""The file of a recorded shop: what only looks like one is refused before anything is sent; then read row by row."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from contracts.errors import InputFileError
from producers.replay.dates import Dates, Order, dates_of
from producers.replay.lines import Record, records

__all__ = ["COLUMNS", "RecordedFile"]

COLUMNS: Final = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
"""Columns that the header must name, in any order; others may stand beside them."""

_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
_CHUNK_BYTES = 1 << 20
# A file without such needs no look through its dates. From the first slash on, which is quick to find.
_SLASHED = re.compile(rb"/\d{1,2}/\d{4}[ T]\d{1,2}:")
_SLASHED_BYTES = 12


class RecordedFile:
    """A CSV file, plain or compressed by gzip, in UTF-8 or Latin-1.

    It is read through once here: a truncated file is refused before half of it is on the topics, and the digest
    tells one shop from another.

    Parameters
    ----------
    path : Path
        Where it is.

    Attributes
    ----------
    digest : str
        SHA-256 of the bytes of the file, in hex.
    lines : int
        Lines below the header: about the number of rows, for whoever shows progress.

    Raises
    ------
    InputFileError
        If it can't be read, is empty, damaged, no CSV, or lacks a column.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._may_have_slashes = False
        self.digest, self.lines = self._read_through()
        with self._bytes() as content:
            first = next(records(content), None)
        if first is None:
            raise self._error("is empty", "A header and rows must stand in it.")
        header = first[2]
        if header is None:
            what = "is no CSV: its first line can't be read"
            raise self._error(what, "A quotation mark may be open there.")
        names = [name.strip() for name in header]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            there = ", ".join(name[:40] for name in names[:20])
            must = ", ".join(COLUMNS)
            what = f"lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}"
            hint = f"Its first line must name {must}, separated by commas. Got {there!r}."
            raise self._error(what, hint)
        self._width = len(names)
        self._places = [names.index(name) for name in COLUMNS]

    def rows(self) -> Iterator[Record]:
        """Walk through the rows, the header being in line 1.

        Yields
        ------
        Record
            With its fields in the order of `COLUMNS`; None where there are more or fewer than in the header.
        """
        places, width = self._places, self._width
        with self._bytes() as content:
            found = records(content, width)
            next(found)
            for line, text, fields, is_open in found:
                if fields is not None:
                    fields = [fields[i] for i in places] if len(fields) == width else None
                yield line, text, fields, is_open

    def dates(self, typed: Order | None = None) -> Dates:
        """Decide how dates with slashes are read; see `dates_of`."""
        if not self._may_have_slashes:
            return dates_of((), self.path)
        place = COLUMNS.index("InvoiceDate")
        column = ((line, fields[place]) for line, _, fields, _ in self.rows() if fields is not None)
        return dates_of(column, self.path, typed)

    def _error(self, what: str, hint: str | None = None) -> InputFileError:
        return InputFileError(f"{self.path} {what}.", hint=hint)

    def _unreadable(self, error: OSError) -> InputFileError:
        what = f"can't be read: {error.strerror or error}"
        return self._error(what)

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        try:
            with self.path.open("rb") as raw:
                head = raw.read(8)
                raw.seek(0)
                if head.startswith(_GZIP):
                    with gzip.open(raw) as unpacked:
                        yield cast("BinaryIO", unpacked)
                else:
                    yield raw
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            what = f"is damaged or cut short: {error}"
            raise self._error(what, "Get it again.") from error
        except OSError as error:
            raise self._unreadable(error) from error

    def _read_through(self) -> tuple[str, int]:
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as raw:
                while chunk := raw.read(_CHUNK_BYTES):
                    digest.update(chunk)
        except OSError as error:
            raise self._unreadable(error) from error
        ends, last, tail = 0, b"\n", b""
        with self._bytes() as content:
            head = content.read(8)
            for magic, kind in _FOREIGN.items():
                if head.startswith(magic):
                    what = f"is {kind}"
                    raise self._error(what, "Save it as CSV in UTF-8.")
            chunk = head
            while chunk:
                ends += chunk.count(b"\n")
                self._may_have_slashes = self._may_have_slashes or _SLASHED.search(tail + chunk) is not None
                last, tail = chunk, chunk[-_SLASHED_BYTES:]
                chunk = content.read(_CHUNK_BYTES)
        return digest.hexdigest(), max(ends - last.endswith(b"\n"), 0)
