"""What lies in a cart: its worth, its lines, its dearest line."""

from __future__ import annotations

from collections import OrderedDict
from math import log, log1p
from typing import NamedTuple

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from contracts.labels import MEMORY_MS
from models.features.declared import Feature

__all__ = ["CART_FEATURES", "Cart", "Carts", "cart_values"]

_OPEN = 10_000
# As much as an order may be worth on the wire: a thousand lines of 100,000 pieces at 1,000,000 must not grow beyond.
_DEAREST = 1e9


class Cart(NamedTuple):
    """A cart at one moment.

    Parameters
    ----------
    total : float
        What all of it costs.
    lines : int
        Things put in and not taken out again.
    dearest : float
        What the dearest line that was ever in it costs.
    seen_ms : int
        Event time of the latest change.
    """

    total: float = 0.0
    lines: int = 0
    dearest: float = 0.0
    seen_ms: int = 0

    def after(self, event: CartAdded | CartRemoved, clock_ms: int) -> Cart:
        """Cart with one change more.

        Examples
        --------
        >>> from contracts.events import CartAdded, Product
        >>> add = CartAdded(id="1", time="2026-01-05T08:00:00.000Z", source="s", user_id="u", cart_id="c",
        ...                 product=Product(product_id="p", price=2.5), quantity=4)
        >>> Cart().after(add, 7)
        Cart(total=10.0, lines=1, dearest=10.0, seen_ms=7)
        """
        worth = event.product.price * event.quantity
        if isinstance(event, CartAdded):
            return Cart(min(self.total + worth, _DEAREST), self.lines + 1, max(self.dearest, worth), clock_ms)
        lines = max(self.lines - 1, 0)
        total = max(self.total - worth, 0.0) if lines else 0.0
        return Cart(total, lines, min(self.dearest, total), clock_ms)


class Carts:
    """The carts under way by id; forgotten when ordered, a day after the last change, or when too many."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Cart] = OrderedDict()
        self._clock_ms = 0

    def after(self, event: CartAdded | CartRemoved) -> Cart:
        """Return the cart as it will be with `event` in it; changes nothing."""
        return self._open.get(event.cart_id, Cart()).after(event, self._clock_ms)

    def fold(self, event: UserEvent, time_ms: int) -> Cart | None:
        """Take `event` in; return the cart that is ordered with it, where it was known."""
        self._clock_ms = max(self._clock_ms, time_ms)
        ordered: Cart | None = None
        if isinstance(event, CartAdded | CartRemoved):
            cart = self._open.pop(event.cart_id, Cart()).after(event, self._clock_ms)
            self._open[event.cart_id] = cart
        elif isinstance(event, OrderPlaced):
            ordered = self._open.pop(event.cart_id, None)
        while self._open:
            oldest = next(iter(self._open))
            if self._clock_ms - self._open[oldest].seen_ms < MEMORY_MS and len(self._open) <= _OPEN:
                break
            del self._open[oldest]
        return ordered


CART_FEATURES = (
    Feature("cart_log_total", 0.0, 9.5, "log of 1 + worth of the cart"),
    Feature("cart_log_lines", 0.0, 6.5, "log of the lines in it"),
    Feature("cart_line_value", 0.0, 8.0, "log of 1 + mean worth of a line"),
    Feature("cart_dearest_share", -7.0, 0.0, "log of the dearest line's share of the cart"),
    Feature("cart_removal", 0.0, 1.0, "1 where something leaves the cart"),
)


def cart_values(cart: Cart, is_removal: bool) -> list[float]:
    """Raw values of `CART_FEATURES`."""
    lines = max(cart.lines, 1)
    log_total = log1p(cart.total)
    return [
        log_total,
        log(lines),
        log1p(cart.total / lines),
        log1p(cart.dearest) - log_total,
        1.0 if is_removal else 0.0,
    ]
