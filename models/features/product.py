"""What is known of a product, its category and its brand: how often they are added and bought, what they cost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from math import log

from contracts.events import CartAdded, OrderPlaced, Product, ProductViewed, UserEvent
from models.features.declared import Feature
from models.features.rates import log_odds

__all__ = ["PRODUCT_FEATURES", "Products"]

_PRODUCTS, _GROUPS = 5_000, 500
# Views after which an older one counts half: rates follow a shop that changes.
_FADE = 1_000.0


class _Rate:
    """Views, and what came of them; both halved once there are `_FADE` views."""

    __slots__ = ("adds", "orders", "views")

    def __init__(self) -> None:
        self.views = self.adds = self.orders = 0.0

    def fade(self) -> None:
        if self.views > _FADE:
            self.views *= 0.5
            self.adds *= 0.5
            self.orders *= 0.5


class _Rates:
    """Rates by name, those not touched for longest forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[str, _Rate] = OrderedDict()
        self._nothing = _Rate()

    def get(self, name: str) -> _Rate:
        return self._known.get(name, self._nothing)

    def touch(self, name: str) -> _Rate:
        rate = self._known.pop(name, None) or _Rate()
        self._known[name] = rate
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return rate


PRODUCT_FEATURES = (
    Feature(
        "product_add_rate", -2.5, 2.5, "log odds that a view of it is followed by an add, against 1 in 5"
    ),
    Feature("product_order_rate", -2.5, 2.5, "log odds that a view of it ends in an order, against 1 in 5"),
    Feature("product_views", 0.0, 1.0, "how well known it is: views over views + 50"),
    Feature("category_add_rate", -2.0, 2.0, "as product_add_rate, of its category"),
    Feature("category_order_rate", -2.0, 2.0, "as product_order_rate, of its category"),
    Feature("brand_add_rate", -2.0, 2.0, "as product_add_rate, of its brand"),
    Feature("price", -3.0, 3.0, "log price against 30"),
    Feature("price_in_category", -2.0, 2.0, "log price against the category's mean"),
    Feature("discount", 0.0, 1.0, "share taken off the list price"),
)


class Products:
    """Products, categories and brands, as events touched them."""

    def __init__(self) -> None:
        self._products, self._categories, self._brands = _Rates(_PRODUCTS), _Rates(_GROUPS), _Rates(_GROUPS)
        self._prices: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def price_in_category(self, product: Product) -> float:
        """Log price against the faded mean of the category's products viewed; 0 where there is none."""
        known = self._prices.get(product.category or "")
        return log(product.price) - known[0] if known else 0.0

    def values(self, product: Product) -> list[float]:
        """Raw values of `PRODUCT_FEATURES`."""
        own = self._products.get(product.product_id)
        category = self._categories.get(product.category or "")
        brand = self._brands.get(product.brand or "")
        return [
            log_odds(own.adds, own.views, 0.2, 20.0),
            log_odds(own.orders, own.views, 0.2, 20.0),
            own.views / (own.views + 50.0),
            log_odds(category.adds, category.views, 0.2, 50.0),
            log_odds(category.orders, category.views, 0.2, 50.0),
            log_odds(brand.adds, brand.views, 0.2, 50.0),
            log(product.price / 30.0),
            self.price_in_category(product),
            product.discount,
        ]

    def fold(self, event: UserEvent, viewed: Iterable[str]) -> None:
        """Take in one event.

        Parameters
        ----------
        event : UserEvent
            The event.
        viewed : iterable of str
            Products viewed in its session lately.
        """
        if isinstance(event, ProductViewed):
            for rate in self._of(event.product):
                rate.views += 1.0
                rate.fade()
            self._learn_price(event.product)
        elif isinstance(event, CartAdded):
            for rate in self._of(event.product):
                rate.adds += 1.0
        elif isinstance(event, OrderPlaced):
            for product_id in dict.fromkeys(viewed):
                self._products.touch(product_id).orders += 1.0

    def order(self, categories: Iterable[str]) -> None:
        """Count an order for each category that its session looked at."""
        for category in dict.fromkeys(categories):
            self._categories.touch(category).orders += 1.0

    def _of(self, product: Product) -> tuple[_Rate, _Rate, _Rate]:
        return (
            self._products.touch(product.product_id),
            self._categories.touch(product.category or ""),
            self._brands.touch(product.brand or ""),
        )

    def _learn_price(self, product: Product) -> None:
        name = product.category or ""
        mean, count = self._prices.pop(name, (0.0, 0.0))
        count = min(count + 1.0, _FADE)
        self._prices[name] = (mean + (log(product.price) - mean) / count, count)
        if len(self._prices) > _GROUPS:
            self._prices.popitem(last=False)
