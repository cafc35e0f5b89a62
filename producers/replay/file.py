"""The file of a recorded shop: what only looks like one is refused before anything is sent; then read row by row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from contracts.errors import InputFileError

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
        self.digest, self.lines = self._read_through()
        with self._lines() as lines:
            try:
                header = next(csv.reader(lines), None)
            except csv.Error as error:
                what = f"is no CSV: {error}"
                raise self._error(what) from error
        if header is None:
            raise self._error("is empty", "A header and rows must stand in it.")
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

    def rows(self) -> Iterator[tuple[int, list[str] | None]]:
        """Walk through the rows.

        Yields
        ------
        line : int
            Number of the line in which the row ends, the header being 1.
        fields : list of str or None
            In the order of `COLUMNS`; None where the row has more or fewer fields than the header. Empty lines
            are no rows.
        """
        places, width = self._places, self._width
        with self._lines() as lines:
            reader = csv.reader(lines)
            line = 1
            try:
                next(reader)
                for fields in reader:
                    if fields:
                        yield reader.line_num, [fields[i] for i in places] if len(fields) == width else None
                    line = reader.line_num + 1
            except csv.Error as error:
                what = f"can't be read as CSV from line {line} on: {error}"
                raise self._error(what, "A quotation mark may be open there.") from error

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
        ends, last = 0, b"\n"
        with self._bytes() as content:
            head = content.read(8)
            for magic, kind in _FOREIGN.items():
                if head.startswith(magic):
                    what = f"is {kind}"
                    raise self._error(what, "Save it as CSV in UTF-8.")
            chunk = head
            while chunk:
                ends += chunk.count(b"\n")
                last = chunk
                chunk = content.read(_CHUNK_BYTES)
        return digest.hexdigest(), max(ends - last.endswith(b"\n"), 0)

    @contextmanager
    def _lines(self) -> Iterator[Iterable[str]]:
        with self._bytes() as content:
            yield _decoded(content)


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Each line as UTF-8 where it is, else as Latin-1, which every byte is; without the mark some editors put first."""
    is_first = True
    for line in lines:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        if is_first:
            text = text.removeprefix("\ufeff")
            is_first = False
        yield text
