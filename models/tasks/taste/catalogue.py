"""The products as events told of them, in places of arrays: what models rank, and what must not be in a list."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.events import Product

__all__ = ["BANDS", "GROUPS", "Catalogue", "Groups"]

GROUPS: Final = 64
"""Categories, and brands, that are told apart; those that come after count as one."""
BANDS: Final = 16
"""Bands of the price, each twice as dear as the one before."""


class Groups:
    """Numbers of names from 1 on; 0 for none, and for those that came when all numbers were given away."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        """Return the number of a name, a new one where it has none."""
        if name is None:
            return 0
        known = self._numbers.get(name)
        if known is None:
            if len(self._numbers) >= GROUPS - 1:
                return 0
            known = self._numbers[name] = len(self._numbers) + 1
        return known


class Catalogue:
    """Products by place; who was not touched for longest gives its place away when there are too many.

    Parameters
    ----------
    most : int
        Products that are known at once.

    Attributes
    ----------
    count : int
        Places that are, or were, taken: arrays are read up to there.
    owners : ndarray of int64
        By place the number of the product that has it: models see by it that a place was given away.
    on_offer : ndarray of float64
        By place 1 where the product can be recommended, else 0.
    categories, brands, bands : ndarray of int64
        By place.
    """

    def __init__(self, most: int = 5_000) -> None:
        self.most = most
        self.count = 0
        self.listed = 0
        self._places: OrderedDict[str, int] = OrderedDict()
        self._retired: set[str] = set()
        self._category_numbers, self._brand_numbers = Groups(), Groups()
        self.ids: list[str] = []
        self.owners: NDArray[np.int64] = np.full(64, -1)
        self.on_offer: NDArray[np.float64] = np.zeros(64)
        self.categories: NDArray[np.int64] = np.zeros(64, dtype=np.int64)
        self.brands: NDArray[np.int64] = np.zeros(64, dtype=np.int64)
        self.bands: NDArray[np.int64] = np.zeros(64, dtype=np.int64)

    def place(self, product_id: str) -> int | None:
        """Where a product stands; None where it is not known, or no longer."""
        return self._places.get(product_id)

    def places(self, product_ids: Iterable[str]) -> list[int]:
        """Where those of these products stand that are known."""
        return [place for place in map(self._places.get, product_ids) if place is not None]

    def put(self, product: Product) -> None:
        """Take in the state of a product, and count it as touched."""
        name = product.product_id
        place = self._places.get(name)
        if place is None:
            place = self._new_place()
            self._places[name] = place
            self.ids[place] = name
            self.owners[place] = self.listed
            self.listed += 1
        else:
            self._places.move_to_end(name)
        self.categories[place] = self._category_numbers.number(product.category)
        self.brands[place] = self._brand_numbers.number(product.brand)
        self.bands[place] = min(max(int(log2(product.price)) + 4, 0), BANDS - 1)
        self.on_offer[place] = 0.0 if product.stock == 0 or name in self._retired else 1.0

    def list_again(self, product: Product) -> None:
        """Take in a product that is for sale from now on, also one that was retired."""
        self._retired.discard(product.product_id)
        self.put(product)

    def retire(self, product: Product) -> None:
        """No longer recommend a product, and let it be the first that gives its place away."""
        name = product.product_id
        place = self._places.get(name)
        if place is not None:
            self._retired.add(name)
            self.on_offer[place] = 0.0
            self._places.move_to_end(name, last=False)

    def _new_place(self) -> int:
        if len(self._places) >= self.most:
            name, place = self._places.popitem(last=False)
            self._retired.discard(name)
            return place
        place = self.count
        self.count += 1
        self.ids.append("")
        if self.count > len(self.owners):
            more = len(self.owners)
            self.owners = np.concatenate((self.owners, np.full(more, -1)))
            self.on_offer = np.concatenate((self.on_offer, np.zeros(more)))
            for name in ("categories", "brands", "bands"):
                setattr(self, name, np.concatenate((getattr(self, name), np.zeros(more, dtype=np.int64))))
        return place
