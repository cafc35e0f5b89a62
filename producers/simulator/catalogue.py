"""The products of the shop: what they are, what they cost, what is left of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Final

from contracts.events import PriceChanged, Product, ProductListed, ProductRetired, StockChanged

__all__ = ["CATEGORIES", "FACTORS", "Catalogue", "Change", "Item"]

CATEGORIES: Final = (
    "audio", "bags", "books", "garden", "games", "kitchen", "lighting", "outdoor", "shoes", "sports", "tools", "toys",
)  # fmt: skip
FACTORS: Final = 4
_EACH: Final = 20
_BRANDS: Final = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Linden", "Maple", "Rowan")
_STOCK: Final = 120
_LEAST_STOCK: Final = 15

Change = tuple[type[ProductListed | PriceChanged | StockChanged | ProductRetired], "Item"]


@dataclass(slots=True, eq=False)
class Item:
    """One product.

    Parameters
    ----------
    factors : tuple of float
        What users' tastes are multiplied with.
    quality : float
        Appeals to everybody, and makes reviews happier.
    snapshot : Product
        As events carry it.
    """

    product_id: str
    name: str
    category: int
    brand: str
    factors: tuple[float, ...]
    quality: float
    list_price: float
    discount: float = 0.0
    stock: int = _STOCK
    snapshot: Product = field(init=False)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Make the snapshot anew: price, discount or stock changed."""
        self.snapshot = Product(
            product_id=self.product_id,
            price=max(round(self.list_price * (1.0 - self.discount), 2), 0.01),
            category=CATEGORIES[self.category],
            brand=self.brand,
            discount=self.discount,
            stock=self.stock,
        )


class Catalogue:
    """All products on sale.

    Parameters
    ----------
    rng : Random
        Only the catalogue draws from it, so that the same products come and go whatever users do.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._made = 0
        self._levels = [rng.uniform(2.0, 4.5) for _ in CATEGORIES]
        self._centres = [tuple(rng.gauss(0.0, 0.7) for _ in range(FACTORS)) for _ in CATEGORIES]
        self._brands = {brand: rng.gauss(0.0, 0.4) for brand in _BRANDS}
        self.is_sale = False
        self.shelves = [[self._make(category) for _ in range(_EACH)] for category in range(len(CATEGORIES))]
        # Goes up when a category's products change: what users think of them is worked out anew.
        self.versions = [0] * len(CATEGORIES)

    def _make(self, category: int) -> Item:
        rng = self._rng
        self._made += 1
        brand = rng.choice(_BRANDS)
        quality = self._brands[brand] + rng.gauss(0.0, 0.5)
        return Item(
            product_id=f"{CATEGORIES[category]}-{self._made:04d}",
            name=f"{brand} {CATEGORIES[category]} no. {self._made}",
            category=category,
            brand=brand,
            factors=tuple(centre + rng.gauss(0.0, 0.7) for centre in self._centres[category]),
            quality=quality,
            list_price=round(exp(self._levels[category] + rng.gauss(0.0, 0.5) + 0.2 * quality), 2),
        )

    def listing(self) -> list[Change]:
        """Every product, as it is listed when the shop opens."""
        return [(ProductListed, item) for shelf in self.shelves for item in shelf]

    def turn_prices(self) -> list[Change]:
        """Begin a sale of everything, or end it."""
        self.is_sale = not self.is_sale
        changes: list[Change] = []
        for shelf in self.shelves:
            for item in shelf:
                item.discount = round(self._rng.uniform(0.08, 0.25), 2) if self.is_sale else 0.0
                item.refresh()
                changes.append((PriceChanged, item))
        return changes

    def change_level(self, factor: float) -> list[Change]:
        """Multiply all prices, of products to come as well."""
        self._levels = [level + log(factor) for level in self._levels]
        changes: list[Change] = []
        for shelf in self.shelves:
            for item in shelf:
                item.list_price = round(item.list_price * factor, 2)
                item.refresh()
                changes.append((PriceChanged, item))
        # The order within a shelf stays but for what was rounded: what users think is worked out anew all the same.
        self.versions = [version + 1 for version in self.versions]
        return changes

    def replace_many(self, share: float) -> list[Change]:
        """Put new products in the place of this share of each category."""
        changes: list[Change] = []
        for category in range(len(CATEGORIES)):
            for place in self._rng.sample(range(_EACH), round(share * _EACH)):
                changes += self._replace(category, place)
        return changes

    def replace_one(self) -> list[Change]:
        """Take one product off the shelf and put a new one in its place."""
        category = self._rng.randrange(len(CATEGORIES))
        return self._replace(category, self._rng.randrange(_EACH))

    def _replace(self, category: int, place: int) -> list[Change]:
        old = self.shelves[category][place]
        new = self._make(category)
        if self.is_sale:
            new.discount = old.discount
            new.refresh()
        self.shelves[category][place] = new
        self.versions[category] += 1
        return [(ProductRetired, old), (ProductListed, new)]

    def sell(self, item: Item, quantity: int) -> list[Change]:
        """Take `quantity` pieces from the stock; it is filled up again before it is empty."""
        item.stock -= quantity
        if item.stock >= _LEAST_STOCK:
            item.refresh()
            return []
        item.stock = _STOCK
        item.refresh()
        return [(StockChanged, item)]
