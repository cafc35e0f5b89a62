"""The baselines: what is touched most, in the whole shop or in the category in view."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.tasks.taste.moment import Moment
from models.tasks.taste.places import Places
from models.tasks.taste.ranked import fitted

__all__ = ["Popularity", "PopularityInCategory"]

_START: Final = 0.1


class Popularity:
    """How often each product came, older labels fading.

    Parameters
    ----------
    memory_labels : int
        An older label counts 1/e after so many.
    """

    def __init__(self, memory_labels: int = 10_000) -> None:
        self.memory_labels = memory_labels
        self._places = Places()
        self.counts: NDArray[np.float64] = np.zeros(0)
        # Each label counts for more than the one before: one number is changed in place of all.
        self._next = 1.0

    def chances(self, x: Moment) -> NDArray[np.float64]:
        """See `Part`."""
        counts = fitted(self.counts, x.catalogue.count)
        return counts / max(float(counts.sum()), 1e-9)

    def learn(self, x: Moment, place: int) -> None:
        """See `Part`."""
        if (fresh := self._places.follow(x.catalogue)) is not None:
            self.counts = fitted(self.counts, x.catalogue.count).copy()
            self.counts[fresh] = _START * self._next
        self.counts[place] += self._next
        self._next *= 1.0 + 1.0 / self.memory_labels
        if self._next > 1e9:
            self.counts /= self._next
            self._next = 1.0


class PopularityInCategory:
    """The same among the products of the category touched last; of all where none was.

    Parameters
    ----------
    memory_labels : int
        As of `Popularity`.
    """

    def __init__(self, memory_labels: int = 10_000) -> None:
        self._popularity = Popularity(memory_labels)

    def chances(self, x: Moment) -> NDArray[np.float64]:
        """See `Part`."""
        catalogue = x.catalogue
        chances = self._popularity.chances(x)
        here = catalogue.place((x.touched or x.history or ("",))[-1])
        if here is None:
            return chances
        inside = chances * (catalogue.categories[: catalogue.count] == catalogue.categories[here])
        # Others come behind all of these: without them a category of five would have a list of five.
        mixed: NDArray[np.float64] = (0.99 / max(float(inside.sum()), 1e-9)) * inside + 0.01 * chances
        return mixed

    def learn(self, x: Moment, place: int) -> None:
        """See `Part`."""
        self._popularity.learn(x, place)
