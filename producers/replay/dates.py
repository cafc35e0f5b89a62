"""Dates of a recorded shop. Whether 1/12/2010 is in January or in December, only the whole column can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from contracts.errors import InputFileError

__all__ = ["Dates", "Order", "dates_of", "time_ms_of"]

Order: TypeAlias = Literal["mdy", "dmy", "iso"]
"""Of a date with slashes: month first, day first, or none is taken (year first, with hyphens, always is)."""

_DATE: Final = re.compile(
    r"(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<y2>\d{4}))"
    r"[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?:[Zz]|(?P<sign>[+-])(?P<zone_h>\d{2})(?::?(?P<zone_min>[0-5]\d))?)?",
    re.ASCII,
)
_SLASHED: Final = re.compile(r"\s*(\d{1,2})/(\d{1,2})/\d{4}[ T]", re.ASCII)
_MONTHS, _DAYS = 12, 31
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_SHOWN: Final = 40
_IN_WORDS: Final = {"mdy": "read as month/day/year", "dmy": "read as day/month/year", "iso": "not read"}


class Dates(NamedTuple):
    """How the dates of a file are read.

    Parameters
    ----------
    order : str, optional
        See `Order`; None where none has slashes.
    why : str
        In words, for people.
    """

    order: Order | None
    why: str

    @property
    def of_note(self) -> Order | None:
        """The order where it is not the usual one: it tells a shop from another, read from the same file."""
        return None if self.order == "mdy" else self.order


def dates_of(column: Iterable[tuple[int, str]], path: object, typed: Order | None = None) -> Dates:
    """Decide how dates with slashes are read, by all of them.

    Parameters
    ----------
    column : iterable of (int, str)
        Lines, and the dates in them.
    path : object
        Of the file, for the error.
    typed : str, optional
        What the user says, which is taken.

    Raises
    ------
    InputFileError
        If some dates have the day first and others the month, and the user says nothing.

    Examples
    --------
    >>> dates_of([(2, "1/12/2010 8:26"), (3, "13/12/2010 8:26")], "shop.csv").order
    'dmy'
    """
    told: dict[Order, tuple[int, str]] = {}
    example = None
    last = None
    for line, text in column:
        if text == last:
            continue
        last = text
        if (match := _SLASHED.match(text)) is None:
            continue
        first, second = int(match[1]), int(match[2])
        here = (line, text.strip()[:_SHOWN])
        example = example or here
        if _MONTHS < first <= _DAYS and 0 < second <= _MONTHS:
            told.setdefault("dmy", here)
        elif _MONTHS < second <= _DAYS and 0 < first <= _MONTHS:
            told.setdefault("mdy", here)
    if example is None:
        return Dates(None, "none has slashes")
    if typed is not None:
        return Dates(typed, f"{_IN_WORDS[typed]}, as --dates says")
    if len(told) > 1:
        (dmy_line, dmy), (mdy_line, mdy) = told["dmy"], told["mdy"]
        message = (
            f"{path}: dates must be all day/month/year or all month/day/year. Got {dmy!r} in line {dmy_line} and "
            f"{mdy!r} in line {mdy_line}."
        )
        hint = (
            "--dates dmy or --dates mdy says which is right: rows that do not fit are skipped, and counted."
        )
        raise InputFileError(message, hint=hint)
    for order, (line, text) in told.items():
        return Dates(order, f"{_IN_WORDS[order]}, for line {line} has {text!r}")
    line, text = example
    why = (
        f"{_IN_WORDS['mdy']}, for nothing tells: no number above 12 stands in the column (line {line} has "
        f"{text!r}). If the day comes first, --dates dmy says so"
    )
    return Dates("mdy", why)


@lru_cache(maxsize=4096)
def time_ms_of(text: str, order: Order | None = "mdy") -> int | None:
    """Milliseconds since 1970, UTC where no zone is given; None where it is no date from 2000 to 2099.

    Examples
    --------
    >>> time_ms_of("2010-12-01T10:26:00.25+02:00"), time_ms_of("12/1/2010 8:26"), time_ms_of("1/12/2010 8:26", "dmy")
    (1291191960250, 1291191960000, 1291191960000)
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    if part["first"] is None:
        year, month, day = part["y1"], part["m1"], part["d1"]
    elif order in (None, "iso"):
        return None
    else:
        year, month, day = part["y2"], part["first"], part["second"]
        if order == "dmy":
            month, day = day, month
    zone = UTC
    try:
        if part["sign"]:
            ahead = timedelta(hours=int(part["zone_h"]), minutes=int(part["zone_min"] or 0))
            zone = timezone(ahead if part["sign"] == "+" else -ahead)
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(part["hour"]),
            int(part["minute"]),
            int(part["s"] or 0),
            int((part["fraction"] or "0").ljust(6, "0")[:6]),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (moment - _EPOCH) // _MS if 2000 <= moment.year <= 2099 else None
