"""Features of the taste task: the shop, the shoppers and their visits, as far as events tell of them."""

from __future__ import annotations

from math import log, log1p
from typing import Final

from contracts.events import (
    CartAdded,
    CartRemoved,
    OrderPlaced,
    PriceChanged,
    ProductListed,
    ProductRetired,
    ProductViewed,
    SessionEnded,
    StockChanged,
    UserEvent,
)
from models.features.declared import Feature, clipped
from models.tasks.taste.catalogue import Catalogue
from models.tasks.taste.moment import Moment
from models.tasks.taste.shoppers import Shoppers, Tours
from models.visits import visit_of

__all__ = ["TasteFeatures", "touched"]

_DECLARED: Final = (
    Feature("history", 0.0, 4.0, "log of 1 + products that the shopper touched of late"),
    Feature("touched", 0.0, 3.0, "log of 1 + products that the visit touched, this one included"),
    Feature("in_cart", 0.0, 5.0, "log of 1 + lines in the cart"),
    Feature("has_product", 0.0, 1.0, "1 where a product is in view"),
    Feature("log_price", -7.0, 14.0, "log of its price"),
    Feature("products", 0.0, 10.0, "log of 1 + products known"),
)


def touched(event: UserEvent) -> str | None:
    """Id of the product that an event looks at or adds; None where it does neither."""
    return event.product.product_id if isinstance(event, ProductViewed | CartAdded) else None


class TasteFeatures:
    """What is known when somebody looks at a product, or comes to the shop."""

    declared = _DECLARED

    def __init__(self) -> None:
        self._catalogue = Catalogue()
        self._shoppers = Shoppers()
        self._tours = Tours()

    def values(self, event: UserEvent, time_ms: int) -> Moment:
        """See `FeatureSet`."""
        tour = self._tours.get(visit_of(event) or "")
        user_id = getattr(event, "user_id", "")
        shopper = self._shoppers.get(user_id)
        history = shopper.history if shopper else ()
        seen, cart, price = tour.touched, tour.cart, 1.0
        in_view: tuple[str, ...] = ()
        if isinstance(event, ProductViewed | CartAdded):
            product_id = event.product.product_id
            in_view = (product_id,)
            seen = (*(one for one in seen if one != product_id), product_id)
            price = event.product.price
        numbers = [
            log1p(len(history)),
            log1p(len(seen)),
            log1p(len(cart)),
            float(bool(in_view)),
            log(price),
            log1p(self._catalogue.count),
        ]
        return Moment(
            clipped(_DECLARED, numbers),
            self._catalogue,
            self._shoppers,
            user_id,
            history,
            seen,
            (*in_view, *cart),
        )

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
        if isinstance(event, ProductViewed | CartAdded):
            self._catalogue.put(event.product)
            self._touch(event, event.product.product_id)
        elif isinstance(event, CartRemoved):
            if (visit := visit_of(event)) is not None:
                self._tours.remove(visit, event.product.product_id)
        elif isinstance(event, OrderPlaced | SessionEnded):
            if (visit := visit_of(event)) is not None:
                self._tours.end(visit)
        elif isinstance(event, ProductListed):
            self._catalogue.list_again(event.product)
        elif isinstance(event, PriceChanged | StockChanged):
            self._catalogue.put(event.product)
        elif isinstance(event, ProductRetired):
            self._catalogue.retire(event.product)

    def _touch(self, event: ProductViewed | CartAdded, product_id: str) -> None:
        self._shoppers.touch(event.user_id, product_id)
        if (visit := visit_of(event)) is not None:
            self._tours.touch(visit, product_id)
            if isinstance(event, CartAdded):
                self._tours.add(visit, product_id)
