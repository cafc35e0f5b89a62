"""Records of a CSV file, one by one: what an open quotation mark has swallowed is given back, and no row is lost."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

__all__ = ["Record", "records"]

Record: TypeAlias = tuple[int, str, list[str] | None, bool]
"""Line in which it begins, its text, its fields (None: it is no CSV), and whether a quotation mark is open in it."""

# A name of so many lines is none: a quotation mark is open, and each line read in vain is read again.
_MOST_LINES: Final = 100


class _Lines:
    """Lines as text, UTF-8 where they are and else Latin-1, of which those of the latest record can be given back."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = iter(content)
        self._again: list[str] = []
        self.taken: list[str] = []
        for line in self._content:
            self._again.append(_decoded(line).removeprefix("\ufeff"))  # the mark some editors put first
            break

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _MOST_LINES:
            msg = f"it is longer than {_MOST_LINES} lines"
            raise csv.Error(msg)
        line = self._again.pop() if self._again else _decoded(next(self._content))
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All but the first line of the latest record are lines to come."""
        self._again.extend(reversed(self.taken[1:]))
        del self.taken[1:]


def records(content: Iterable[bytes], width: int | None = None) -> Iterator[Record]:
    r"""Walk through the records of a CSV file; empty lines are none.

    Parameters
    ----------
    content : iterable of bytes
        Its lines.
    width : int, optional
        Fields of a record. One of several lines that has not so many, or within which a line alone has them, holds
        an open quotation mark: it ends with its first line, and the others are read again. Not given: as many as the
        first record has.

    Examples
    --------
    >>> for _, text, fields, is_open in records([b'a,b\n', b'1,"one\n', b'2,two\n', b'3,"th\n', b'ree"\n']):
    ...     print(text.encode(), fields, is_open)
    b'a,b\n' ['a', 'b'] False
    b'1,"one\n' None True
    b'2,two\n' ['2', 'two'] False
    b'3,"th\nree"\n' ['3', 'th\nree'] False
    """
    lines = _Lines(content)
    taken = lines.taken
    reader = csv.reader(lines)
    at = 1
    while True:
        fields: list[str] | None
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        count, text, is_open = len(taken), taken[0], False
        if count > 1:
            if fields is None or not _is_whole(fields, taken, width or len(fields)):
                lines.give_back()
                fields, count, is_open = None, 1, True
            else:
                text = "".join(taken)
        taken.clear()
        if fields or fields is None:
            yield at, text, fields, is_open
            width = width or len(fields or ())
        at += count


def _is_whole(fields: list[str], lines: list[str], width: int) -> bool:
    return len(fields) == width and not any(_is_row(line, width) for line in lines[1:])


def _is_row(line: str, width: int) -> bool:
    try:
        return any(len(fields) == width for fields in csv.reader([line]))
    except csv.Error:
        return False


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
