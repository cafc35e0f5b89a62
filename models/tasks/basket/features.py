"""All features of the basket task: the cart, and the customer's orders before it."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from models.features.cart import CART_FEATURES, Carts, cart_values
from models.features.crosses import Pairs, cross_features, cross_values
from models.features.declared import Feature, clipped
from models.features.orders import ORDER_FEATURES, Customers, order_values

__all__ = ["AMOUNTS", "BasketFeatures"]

_AMOUNT_FEATURES = (
    Feature("cart_total", 0.0, 1e9, "worth of the cart after this event"),
    Feature("own_mean_order", 0.0, 1e9, "customer's mean order, the shop's before the first"),
    Feature("own_last_order", 0.0, 1e9, "customer's last order, the shop's mean before the first"),
)

AMOUNTS: Final = tuple(feature.name for feature in _AMOUNT_FEATURES)
"""Features in currency: what baselines answer with. Linear models learn from the others, on a log scale."""

_PAIRS: Final[Pairs] = (
    # The longer the cart, the less is left of what the customer's orders were worth.
    ("cart_log_lines", "left_to_mean"),
    ("cart_log_lines", "left_to_typical"),
    ("cart_log_lines", "left_to_recent"),
    ("cart_log_lines", "left_to_next"),
    ("cart_log_lines", "left_to_lines_mean"),
    # Who orders now this, now that, is not held to the mean.
    ("orders_spread", "left_to_mean"),
    ("orders_spread", "left_to_typical"),
    # What was forgotten in an order minutes ago is small.
    ("just_ordered", "cart_log_total"),
    ("just_ordered", "left_to_mean"),
)
_PLAIN: Final = (*_AMOUNT_FEATURES, *CART_FEATURES, *ORDER_FEATURES)
_CROSSED: Final = cross_features(_PLAIN, _PAIRS)


class BasketFeatures:
    """What is known of a cart when something goes into it or leaves it."""

    declared = (*_PLAIN, *_CROSSED)

    def __init__(self) -> None:
        self._carts = Carts()
        self._customers = Customers()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """See `FeatureSet`."""
        if not isinstance(event, CartAdded | CartRemoved):
            msg = f"Basket is asked when a cart changes. Got {type(event).__name__}."
            raise TypeError(msg)
        cart = self._carts.after(event)
        customer = self._customers.get(event.user_id)
        mean = customer.total / customer.orders if customer else self._customers.mean_value
        last = customer.values[-1] if customer else self._customers.mean_value
        x = clipped(
            _PLAIN,
            [
                cart.total,
                mean,
                last,
                *cart_values(cart, isinstance(event, CartRemoved)),
                *order_values(self._customers, event.user_id, cart, time_ms),
            ],
        )
        return x | clipped(_CROSSED, cross_values(x, _PAIRS))

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
        cart = self._carts.fold(event, time_ms)
        if isinstance(event, OrderPlaced):
            lines = cart.lines if cart and cart.lines else event.lines
            self._customers.add(event.user_id, event.total, lines, time_ms)
