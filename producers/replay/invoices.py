"""Invoices: rows become orders and returns, products are listed and repriced, the clock ticks."""

from __future__ import annotations

from typing import Any, Final

from contracts.emission import Emission
from contracts.events import (
    CartAdded,
    OrderPlaced,
    OrderReturned,
    PriceChanged,
    Product,
    ProductListed,
)
from contracts.labels import AHEAD_MS, SILENCE_MS
from producers.event_writer import EventWriter
from producers.replay.row import Row, Unusable

__all__ = ["TICK_MS", "Invoices"]

TICK_MS: Final = 10 * 60 * 1000
"""Ticks stand at multiples of this, where something happened; in the gaps between as the limit demands."""

_GAP_MS: Final = AHEAD_MS // 2
# An order with nothing but returns after it would else fall silent, and its lines lose their label.
_PATIENCE_MS: Final = SILENCE_MS // 2
_MOST_WORTH: Final = 1e9
_LONGEST_NAME: Final = 4096


class _Invoice:
    """An order or a return of which more lines may come."""

    def __init__(self, row: Row) -> None:
        self.number = row.invoice
        self.user_id = row.user_id
        self.is_return = row.is_return
        self.time_ms = self.seen_ms = row.time_ms
        self.total = 0.0
        self.products: set[str] = set()

    def add(self, row: Row) -> None:
        """Take in a line, or raise `Unusable` and change nothing."""
        if self.user_id != row.user_id:
            raise Unusable("other-customer")
        total = self.total + row.price * row.quantity
        if total > _MOST_WORTH:
            raise Unusable("order-too-large")
        self.total = total
        self.time_ms = row.time_ms
        self.products.add(row.product_id)


class Invoices:
    """Takes rows in the order of the file and hands over what they mean.

    An order is placed when the first usable row of another order comes, or any other row a quarter of an hour later,
    or at the end; a return when a row of another order or return comes. Rows that come for it later are refused. An
    order stays open while a return comes between its rows: recorded shops interleave them.

    Parameters
    ----------
    source : str
        Stands in every event.
    partitions : int
        Of the main input.
    """

    def __init__(self, source: str, partitions: int) -> None:
        self._writer = EventWriter(source, partitions, "r")
        self._tick_ms: int | None = None
        self._latest_ms = 0
        self._order: _Invoice | None = None
        self._return: _Invoice | None = None
        self._closed: set[str] = set()
        self._prices: dict[str, float] = {}

    def take(self, row: Row) -> None:
        """Take in one row.

        Raises
        ------
        Unusable
            If its order is closed, another customer's, or would become too large; nothing has changed then.
        """
        invoice = self._return if row.is_return else self._order
        if invoice is not None and invoice.number == row.invoice:
            invoice.add(row)
        else:
            if row.invoice in self._closed:
                raise Unusable("order-closed")
            invoice = _Invoice(row)
            invoice.add(row)
            self._begin(invoice)
        self._latest_ms = invoice.seen_ms = max(self._latest_ms, row.time_ms)
        if self._order is not None and self._latest_ms - self._order.seen_ms >= _PATIENCE_MS:
            self._place()
        self._tick_until(row.time_ms)
        if not row.is_return:
            self._sell(row)

    def close(self) -> None:
        """Place what is open, and let every label settle."""
        self._take_back()
        self._place()
        if self._tick_ms is not None:
            self._tick_until(self._latest_ms + SILENCE_MS + TICK_MS)

    def drain(self) -> list[Emission]:
        """What was made since the last call."""
        return self._writer.drain()

    def _begin(self, invoice: _Invoice) -> None:
        self._take_back()
        if invoice.is_return:
            self._return = invoice
        else:
            self._place()
            self._order = invoice

    def _place(self) -> None:
        if self._order is not None:
            self._settle(self._order, OrderPlaced, cart_id=self._order.number)
            self._order = None

    def _take_back(self) -> None:
        if self._return is not None:
            self._settle(self._return, OrderReturned)
            self._return = None

    def _settle(self, invoice: _Invoice, kind: Any, **fields: str) -> None:
        self._closed.add(invoice.number)
        self._writer.user(
            kind,
            invoice.time_ms,
            invoice.user_id,
            None,
            order_id=invoice.number,
            # A tenth of a cent is the least that the wire carries, and prices of that have no exact sum.
            total=round(invoice.total, 6),
            lines=len(invoice.products),
            **fields,
        )

    def _sell(self, row: Row) -> None:
        product = Product(product_id=row.product_id, price=row.price)
        known = self._prices.get(row.product_id)
        if known != row.price:
            self._prices[row.product_id] = row.price
            kind = ProductListed if known is None else PriceChanged
            self._writer.product(kind, row.time_ms, product, row.name[:_LONGEST_NAME] or None)
        self._writer.user(
            CartAdded,
            row.time_ms,
            row.user_id,
            None,
            cart_id=row.invoice,
            product=product,
            quantity=row.quantity,
        )

    def _tick_until(self, now: int) -> None:
        """Tick so that `now` is not far ahead; nothing where it lies before the last tick's successor."""
        last = now // TICK_MS * TICK_MS
        if self._tick_ms is None:
            self._tick(last)
        while self._tick_ms is not None and self._tick_ms < last:
            self._tick(min(last, self._tick_ms + _GAP_MS))

    def _tick(self, now: int) -> None:
        self._tick_ms = now
        self._writer.tick(now)
