from __future__ import annotations

import pytest

from contracts.codec import rfc3339
from contracts.errors import InputFileError
from producers.replay.dates import Order, dates_of, time_ms_of


def column(*dates: str) -> list[tuple[int, str]]:
    return list(enumerate(dates, start=2))


@pytest.mark.parametrize(
    ("dates", "order", "why"),
    [
        (["2010-12-01 08:26", "2010-12-13 08:26"], None, "none has slashes"),
        (["1/2/2010 8:26", "1/13/2010 8:26"], "mdy", "line 3 has '1/13/2010 8:26'"),
        (["1/2/2010 8:26", " 31/12/2010 8:26"], "dmy", "line 3 has '31/12/2010 8:26'"),
        (["1/2/2010 8:26", "12/12/2010 8:26"], "mdy", "nothing tells"),
        # Not dates either way: no evidence.
        (["13/13/2010 8:26", "32/1/2010 8:26", "13/0/2010 8:26", "1/2/2010 8:26"], "mdy", "nothing tells"),
        (["13/1/2010", "on 13/1/2010 8:26", "1/2/2010 8:26"], "mdy", "nothing tells"),
    ],
)
def test_the_whole_column_tells_what_comes_first(dates: list[str], order: Order | None, why: str) -> None:
    found = dates_of(column(*dates), "shop.csv")
    assert found.order == order
    assert why in found.why


@pytest.mark.parametrize("typed", ["mdy", "dmy", "iso"])
def test_what_is_typed_is_taken_whatever_stands_there(typed: Order) -> None:
    assert dates_of(column("13/1/2010 8:26", "1/13/2010 8:26"), "shop.csv", typed).order == typed
    assert dates_of(column("2010-12-01 08:26"), "shop.csv", typed).order is None


def test_a_column_that_contradicts_itself_is_refused_with_both_lines() -> None:
    with pytest.raises(
        InputFileError, match=r"'13/1/2010 8:26' in line 2 and '1/14/2010 8:26' in line 4"
    ) as refused:
        dates_of(column("13/1/2010 8:26", "1/1/2010 8:26", "1/14/2010 8:26"), "shop.csv")
    assert "--dates dmy" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2010-12-01 08:26:00", "2010-12-01T08:26:00.000Z"),
        ("2010-12-01T08:26", "2010-12-01T08:26:00.000Z"),
        ("12/1/2010 8:26", "2010-12-01T08:26:00.000Z"),
        ("12/01/2010 08:26:00", "2010-12-01T08:26:00.000Z"),
        ("2010-12-01T08:26:00Z", "2010-12-01T08:26:00.000Z"),
        ("2010-12-01T08:26Z", "2010-12-01T08:26:00.000Z"),
        ("2010-12-01T08:26:00.5", "2010-12-01T08:26:00.500Z"),
        ("2010-12-01 08:26:00,1239999", "2010-12-01T08:26:00.123Z"),
        ("2010-12-01T10:26:00+02:00", "2010-12-01T08:26:00.000Z"),
        ("2010-12-01 02:56:00.007 -0530", "2010-12-01T08:26:00.007Z"),
        ("12/1/2010 0:26 -08", "2010-12-01T08:26:00.000Z"),
    ],
)
def test_zones_and_fractions_are_read(date: str, time: str) -> None:
    time_ms = time_ms_of(date)
    assert time_ms is not None
    assert rfc3339(time_ms) == time


@pytest.mark.parametrize(
    "date",
    [
        *("2010-12-01T08:26+24:00", "2010-12-01T08:26+02:60", "2010-12-01T08:26+02:", "2010-12-01T08:26+2"),
        *("2010-12-01T08:26ZZ", "2010-12-01T08:26:00.", "2010-12-01T08:26.5", "2010-12-01 08:26 CET"),
        # A zone takes it out of the years that pass.
        *(
            "2000-01-01T00:00+00:01",
            "2099-12-31T23:59-00:01",
            "0001-01-01T00:00+01:00",
            "9999-12-31T23:59-01:00",
        ),
    ],
)
def test_what_is_no_time_of_a_shop_is_none(date: str) -> None:
    assert time_ms_of(date) is None
