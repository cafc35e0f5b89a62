"""Content: categories, brands and price bands that come next, for shoppers and products of whom little is known."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.tasks.taste.catalogue import BANDS, GROUPS
from models.tasks.taste.moment import Moment

__all__ = ["Profile"]

Floats = NDArray[np.float64]

_MEMORY: Final = 2_000.0
_PULL: Final = 10.0


class Profile:
    """A product's category first, then its brand and price band within it.

    The category comes by three ways: from the one touched last to the next, as in the shopper's history, as in the
    whole shop. How much each way counts is learnt by expectation and maximisation, a step a label. Within a category
    brands and bands count by how often this shopper touched them, against how often all do.

    Parameters
    ----------
    step : float
        By which the shares of the ways follow a label.

    References
    ----------
    M. J. Pazzani, D. Billsus, Content-based recommendation systems, The Adaptive Web, 2007.
    O. Cappé, E. Moulines, On-line expectation-maximization algorithm for latent data models, JRSS B 71 (3), 2009.
    """

    def __init__(self, step: float = 0.002) -> None:
        self.step = step
        self._ways: Floats = np.array([0.5, 0.3, 0.2])
        self._follows: Floats = np.full((GROUPS, GROUPS), 0.01)
        self._categories: Floats = np.full(GROUPS, 0.01)
        self._brands: Floats = np.full(GROUPS, 0.1)
        self._bands: Floats = np.full(BANDS, 0.1)

    def chances(self, x: Moment) -> Floats:
        """See `Part`."""
        catalogue = x.catalogue
        count = catalogue.count
        categories = catalogue.categories[:count]
        places = _own(x)
        by_way = self._ways_of(x, places)
        likes = catalogue.on_offer[:count].copy()
        if len(places):
            likes *= _preference(catalogue.brands[places], self._brands)[catalogue.brands[:count]]
            likes *= _preference(catalogue.bands[places], self._bands)[catalogue.bands[:count]]
        sums = np.bincount(categories, weights=likes, minlength=GROUPS)
        by_category = (self._ways @ by_way) / np.maximum(sums, 1e-9)
        chances: Floats = likes * by_category[categories]
        return chances

    def learn(self, x: Moment, place: int) -> None:
        """See `Part`."""
        catalogue = x.catalogue
        category = int(catalogue.categories[place])
        by_way = self._ways_of(x, _own(x))
        told = self._ways * by_way[:, category]
        total = float(told.sum())
        if total > 0.0:
            self._ways += self.step * (told / total - self._ways)
        here = self._here(x)
        if here is not None:
            _add(self._follows[catalogue.categories[here]], category)
        _add(self._categories, category)
        _add(self._brands, int(catalogue.brands[place]))
        _add(self._bands, int(catalogue.bands[place]))

    def _here(self, x: Moment) -> int | None:
        return x.catalogue.place(x.touched[-1]) if x.touched else None

    def _ways_of(self, x: Moment, places: NDArray[np.int64]) -> Floats:
        ways = np.empty((3, GROUPS))
        ways[2] = self._categories / self._categories.sum()
        here = self._here(x)
        if here is None:
            ways[0] = ways[2]
        else:
            follows = self._follows[x.catalogue.categories[here]]
            ways[0] = follows / follows.sum()
        if len(places):
            ways[1] = np.bincount(x.catalogue.categories[places], minlength=GROUPS) / len(places)
        else:
            ways[1] = ways[2]
        return ways


def _own(x: Moment) -> NDArray[np.int64]:
    return np.array(x.catalogue.places((*x.history, *x.touched[-1:])), dtype=np.int64)


def _preference(touched: NDArray[np.int64], counts: Floats) -> Floats:
    usual = counts / counts.sum()
    own = np.bincount(touched, minlength=len(counts))
    preference: Floats = (own + _PULL * usual) / ((len(touched) + _PULL) * usual)
    return preference


def _add(counts: Floats, at: int) -> None:
    counts[at] += 1.0
    if counts[at] > _MEMORY:
        counts *= 0.5
