"""The till: rows become orders and returns, products are listed and repriced, the clock ticks."""

from __future__ import annotations

from typing import Any, Final

from contracts.codec import encode, rfc3339
from contracts.emission import Emission
from contracts.events import (
    CartAdded,
    ClockTicked,
    OrderPlaced,
    OrderReturned,
    PriceChanged,
    Product,
    ProductListed,
)
from contracts.labels import AHEAD_MS, SILENCE_MS
from contracts.partitioner import partition_of
from contracts.topics import PRODUCT_EVENTS, USER_EVENTS
from producers.replay.row import Row, Unusable

__all__ = ["TICK_MS", "Till"]

TICK_MS: Final = 10 * 60 * 1000
"""Ticks stand at multiples of this, where something happened; in the gaps between as the limit demands."""

_GAP_MS: Final = AHEAD_MS // 2
# An order with nothing but returns after it would else fall silent, and its lines lose their label.
_PATIENCE_MS: Final = SILENCE_MS // 2
_MOST_WORTH: Final = 1e9
_LONGEST_NAME: Final = 4096
_USER_TOPIC: Final = USER_EVENTS.name
_PRODUCT_TOPIC: Final = PRODUCT_EVENTS.name


class _Paper:
    """An order or a return of which more lines may come."""

    def __init__(self, row: Row) -> None:
        self.invoice = row.invoice
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


class Till:
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
        self._source = source
        self._partitions = partitions
        self._out: list[Emission] = []
        self._user_events = self._product_events = self._ticks = 0
        self._tick_ms: int | None = None
        self._latest_ms = 0
        self._order: _Paper | None = None
        self._return: _Paper | None = None
        self._closed: set[str] = set()
        self._prices: dict[str, float] = {}

    def take(self, row: Row) -> None:
        """Take in one row.

        Raises
        ------
        Unusable
            If its order is closed, another customer's, or would become too large; nothing has changed then.
        """
        paper = self._return if row.is_return else self._order
        if paper is not None and paper.invoice == row.invoice:
            paper.add(row)
        else:
            if row.invoice in self._closed:
                raise Unusable("order-closed")
            paper = _Paper(row)
            paper.add(row)
            self._begin(paper)
        self._latest_ms = paper.seen_ms = max(self._latest_ms, row.time_ms)
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

    def handed_over(self) -> list[Emission]:
        """Return what was made since the last call."""
        out, self._out = self._out, []
        return out

    def _begin(self, paper: _Paper) -> None:
        self._take_back()
        if paper.is_return:
            self._return = paper
        else:
            self._place()
            self._order = paper

    def _place(self) -> None:
        if self._order is not None:
            self._settle(self._order, OrderPlaced, cart_id=self._order.invoice)
            self._order = None

    def _take_back(self) -> None:
        if self._return is not None:
            self._settle(self._return, OrderReturned)
            self._return = None

    def _settle(self, paper: _Paper, kind: Any, **fields: str) -> None:
        self._closed.add(paper.invoice)
        self._user(
            kind,
            paper.time_ms,
            paper.user_id,
            order_id=paper.invoice,
            # A tenth of a cent is the least that the wire carries, and prices of that have no exact sum.
            total=round(paper.total, 6),
            lines=len(paper.products),
            **fields,
        )

    def _sell(self, row: Row) -> None:
        product = Product(product_id=row.product_id, price=row.price)
        known = self._prices.get(row.product_id)
        if known != row.price:
            self._prices[row.product_id] = row.price
            self._product(ProductListed if known is None else PriceChanged, row, product)
        self._user(
            CartAdded,
            row.time_ms,
            row.user_id,
            cart_id=row.invoice,
            product=product,
            quantity=row.quantity,
        )

    def _user(self, kind: Any, now: int, user_id: str, **fields: Any) -> None:
        self._user_events += 1
        number = f"r-{self._user_events:09d}"
        event = kind(id=number, time=rfc3339(now), source=self._source, user_id=user_id, **fields)
        partition = partition_of(user_id, self._partitions)
        self._out.append(
            Emission(
                _USER_TOPIC,
                user_id,
                partition,
                encode(event),
                number,
                kind.__name__,
                now,
                self._source,
                True,
            )
        )

    def _product(self, kind: Any, row: Row, product: Product) -> None:
        self._product_events += 1
        number = f"p-{self._product_events:09d}"
        event = kind(
            id=number,
            time=rfc3339(row.time_ms),
            source=self._source,
            product=product,
            name=row.name[:_LONGEST_NAME] or None,
        )
        value, key, name = encode(event), row.product_id, kind.__name__
        self._out.append(
            Emission(_PRODUCT_TOPIC, key, 0, value, number, name, row.time_ms, self._source, False)
        )
        self._to_all(key, value, number, name, row.time_ms)

    def _to_all(self, key: str, value: bytes, number: str, kind: str, now: int) -> None:
        for partition in range(self._partitions):
            self._out.append(
                Emission(_USER_TOPIC, key, partition, value, number, kind, now, self._source, False)
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
        self._ticks += 1
        number = f"t-{self._ticks:09d}"
        event = ClockTicked(id=number, time=rfc3339(now), source=self._source)
        self._to_all("clock", encode(event), number, "ClockTicked", now)
