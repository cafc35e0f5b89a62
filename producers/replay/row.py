"""One row of a recorded shop: what is in it, or why it can't be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Final, NamedTuple

from producers.replay.dates import Order, time_ms_of

__all__ = ["REASONS", "Row", "Unusable", "parse_row"]

REASONS: Final = {
    "open-quote": "a quotation mark is open: the lines after it are rows of their own",
    "wrong-columns": "the row has more or fewer fields than the header, or is no CSV",
    "no-invoice": "InvoiceNo is empty",
    "adjustment": "InvoiceNo begins with a letter other than C: bad debt and the like, nobody's order",
    "bad-id": "InvoiceNo, StockCode or CustomerID is empty, longer than 128 characters or holds control characters",
    "bad-date": "InvoiceDate is no date and time between 2000 and 2099, year first or with slashes as its whole column",
    "bad-quantity": "Quantity is no integer from -100,000 to 100,000",
    "bad-price": "UnitPrice is no number up to 1,000,000",
    "no-quantity": "Quantity is 0",
    "negative-quantity": "Quantity is below 0 outside a return: damaged, lost or counted anew",
    "quantity-in-return": "Quantity is above 0 within a return",
    "no-price": "UnitPrice is below 0.001: samples, gifts, damages",
    "no-customer": "CustomerID is empty: tills that add up a day's walk-in sales under one number, so that neither the "
    "customer's past nor the worth of one cart is known",
    "other-customer": "the order's first usable row names another customer",
    "order-closed": "the order was placed already: rows of another one stand between",
    "order-too-large": "the order would be worth more than 1,000,000,000",
}

_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,128}")
_LEAST_PRICE, _MOST_PRICE = 0.001, 1_000_000.0
_MOST_QUANTITY = 100_000


class Unusable(Exception):  # noqa: N818 - no error: it is counted
    """A row can't be used; its only argument is one of `REASONS`."""


class Row(NamedTuple):
    """One usable line of an order or of a return.

    Parameters
    ----------
    invoice : str
        Number of the order, or of the return.
    is_return : bool
        Whether the line comes back rather than goes out.
    product_id, name : str
        The product; its name may be empty.
    quantity : int
        Pieces, above zero in either case.
    time_ms : int
        InvoiceDate, taken as UTC, in milliseconds since 1970.
    price : float
        Of one piece.
    user_id : str
        The customer.
    """

    invoice: str
    is_return: bool
    product_id: str
    name: str
    quantity: int
    time_ms: int
    price: float
    user_id: str


def parse_row(fields: Sequence[str], order: Order | None = "mdy") -> Row:
    """Judge one row.

    Parameters
    ----------
    fields : sequence of str
        In the order of `producers.replay.COLUMNS`.
    order : str, optional
        What comes first in a date with slashes; see `producers.replay.dates`.

    Raises
    ------
    Unusable
        With the first of `REASONS` that applies.

    Examples
    --------
    >>> fields = ["536365", "85123A", "T-LIGHT HOLDER", "6", "12/1/2010 8:26", "2.55", "17850.0", "France"]
    >>> row = parse_row(fields)
    >>> row.time_ms, row.user_id, row.quantity * row.price
    (1291191960000, '17850', 15.299999999999999)
    """
    invoice, product_id, name, quantity_text, date, price_text, user_id, _ = (
        field.strip() for field in fields
    )
    if not invoice:
        raise Unusable("no-invoice")
    is_return = invoice[0] in "Cc"
    if invoice[0].isalpha() and not is_return:
        raise Unusable("adjustment")
    time_ms = time_ms_of(date, order)
    if time_ms is None:
        raise Unusable("bad-date")
    if not _INTEGER.fullmatch(quantity_text) or abs(quantity := int(quantity_text)) > _MOST_QUANTITY:
        raise Unusable("bad-quantity")
    if not _NUMBER.fullmatch(price_text) or not isfinite(price := float(price_text)) or price > _MOST_PRICE:
        raise Unusable("bad-price")
    if quantity == 0:
        raise Unusable("no-quantity")
    if is_return and quantity > 0:
        raise Unusable("quantity-in-return")
    if not is_return and quantity < 0:
        raise Unusable("negative-quantity")
    if price < _LEAST_PRICE:
        raise Unusable("no-price")
    if not user_id:
        raise Unusable("no-customer")
    # A column of whole numbers with gaps is written as 17850.0 by many tools.
    user_id = user_id.removesuffix(".0")
    if not all(map(_ID.fullmatch, (invoice, product_id, user_id))):
        raise Unusable("bad-id")
    return Row(invoice, is_return, product_id, name, abs(quantity), time_ms, price, user_id)
