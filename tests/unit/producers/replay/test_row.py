from __future__ import annotations

import pytest

from contracts.codec import rfc3339
from producers.replay.row import REASONS, Unusable, parse_row
from tests.unit.producers.replay.recordings import Line


def test_a_good_row_is_understood() -> None:
    row = parse_row(Line())
    assert row.invoice == "536365"
    assert row.user_id == "17850"
    assert (row.product_id, row.name, row.quantity, row.price) == ("85123A", "LANTERN", 6, 2.5)
    assert not row.is_return


def test_a_date_with_slashes_is_read_as_its_column_says() -> None:
    line = Line(date="1/12/2010 8:26")
    assert rfc3339(parse_row(line).time_ms) == "2010-01-12T08:26:00.000Z"
    assert rfc3339(parse_row(line, "dmy").time_ms) == "2010-12-01T08:26:00.000Z"


def test_a_return_is_told_by_its_number_and_its_pieces_count_above_zero() -> None:
    row = parse_row(Line(invoice="C536379", quantity="-3"))
    assert row.is_return
    assert row.quantity == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (Line(invoice=""), "no-invoice"),
        (Line(invoice=" \t"), "no-invoice"),
        (Line(invoice="A563185", price="11062.06"), "adjustment"),
        (Line(date="yesterday"), "bad-date"),
        (Line(date="2010-13-01 08:26:00"), "bad-date"),
        (Line(date="13/1/2010 8:26"), "bad-date"),
        (Line(date="2010-02-30 08:26:00"), "bad-date"),
        (Line(date="1999-12-31 23:59:59"), "bad-date"),
        (Line(date="2100-01-01 00:00:00"), "bad-date"),
        (Line(date="2010-12-01 24:00:00"), "bad-date"),
        (Line(quantity=""), "bad-quantity"),
        (Line(quantity="6.5"), "bad-quantity"),
        (Line(quantity="1_000"), "bad-quantity"),
        (Line(quantity="100001"), "bad-quantity"),
        (Line(quantity="9" * 400), "bad-quantity"),
        (Line(quantity="٣"), "bad-quantity"),
        (Line(price=""), "bad-price"),
        (Line(price="nan"), "bad-price"),
        (Line(price="inf"), "bad-price"),
        (Line(price="1e999"), "bad-price"),
        (Line(price="2,50"), "bad-price"),
        (Line(price="1000000.01"), "bad-price"),
        (Line(quantity="0"), "no-quantity"),
        (Line(quantity="-6"), "negative-quantity"),
        (Line(invoice="C1", quantity="6"), "quantity-in-return"),
        (Line(price="0"), "no-price"),
        (Line(price="-11062.06"), "no-price"),
        (Line(customer=""), "no-customer"),
        (Line(product=""), "bad-id"),
        (Line(product="8\x00A"), "bad-id"),
        (Line(customer="1" * 129), "bad-id"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(line: Line, reason: str) -> None:
    assert reason in REASONS
    with pytest.raises(Unusable) as why:
        parse_row(line)
    assert why.value.args == (reason,)
