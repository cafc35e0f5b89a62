"""All features of the basket task."""

from __future__ import annotations

from collections import OrderedDict

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from models.features.declared import Feature, clipped
from models.visits import visit_of

__all__ = ["BasketFeatures"]

_OPEN_CARTS = 20_000


class BasketFeatures:
    """What is known of a cart when something goes into it or leaves it."""

    declared = (Feature("cart_total", 0.0, 1e6, "worth of the cart after this event"),)

    def __init__(self) -> None:
        self._totals: OrderedDict[str, float] = OrderedDict()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """See `FeatureSet`."""
        visit = visit_of(event) or ""
        return clipped(self.declared, [self._totals.get(visit, 0.0) + _change(event)])

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
        visit = visit_of(event)
        if visit is None:
            return
        if isinstance(event, CartAdded | CartRemoved):
            self._totals[visit] = self._totals.pop(visit, 0.0) + _change(event)
            if len(self._totals) > _OPEN_CARTS:
                self._totals.popitem(last=False)
        elif isinstance(event, OrderPlaced):
            self._totals.pop(visit, None)


def _change(event: UserEvent) -> float:
    if isinstance(event, CartAdded):
        return event.product.price * event.quantity
    if isinstance(event, CartRemoved):
        return -event.product.price * event.quantity
    return 0.0
