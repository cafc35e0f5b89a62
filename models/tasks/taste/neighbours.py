"""Session neighbours: what was touched next to what, counted with decay."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.tasks.taste.moment import Moment
from models.tasks.taste.places import Places

__all__ = ["Neighbours"]

_SMOOTH: Final = 5.0


class Neighbours:
    """How often a product came after one that the visit touched, or before it.

    Parameters
    ----------
    most : int
        Neighbours of a product; the rarest gives way.
    reach : int
        Products of a visit, the newest first, whose neighbours count: the second half as much as the first.
    backward : float
        What the way back counts.
    memory : float
        Once a product's counts add up to so much they are halved.

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan, J. Riedl, Item-based collaborative filtering recommendation algorithms,
    WWW 2001.
    M. Ludewig, D. Jannach, Evaluation of session-based recommendation algorithms, UMUAI 28, 2018: simple neighbours by
    session are hard to beat.
    """

    def __init__(self, most: int = 64, reach: int = 3, backward: float = 0.5, memory: float = 300.0) -> None:
        self.most = most
        self.reach = reach
        self.backward = backward
        self.memory = memory
        self._places = Places()
        self._who: NDArray[np.int32] = np.zeros((0, most), dtype=np.int32)
        self._counts: NDArray[np.float64] = np.zeros((0, most))
        self._sizes: list[int] = []
        self._totals: list[float] = []

    def chances(self, x: Moment) -> NDArray[np.float64]:
        """See `Part`."""
        count = x.catalogue.count
        chances = np.zeros(count)
        share = 1.0
        weight = 0.0
        for place in self._near(x):
            if place < len(self._sizes) and (size := self._sizes[place]):
                weight += share
                factor = share / (self._totals[place] + _SMOOTH)
                chances[self._who[place, :size]] += factor * self._counts[place, :size]
            share *= 0.5
        return chances / weight if weight else chances

    def learn(self, x: Moment, place: int) -> None:
        """See `Part`."""
        fresh = self._places.follow(x.catalogue)
        if fresh is not None:
            self._take_in(fresh, x.catalogue.count)
        share = 1.0
        for near in self._near(x):
            if near != place:
                self._count(near, place, share)
                self._count(place, near, share * self.backward)
            share *= 0.5

    def _near(self, x: Moment) -> list[int]:
        return x.catalogue.places((x.touched or x.history)[: -self.reach - 1 : -1])

    def _take_in(self, fresh: NDArray[np.int64], count: int) -> None:
        more = count - len(self._sizes)
        if more:
            self._who = np.concatenate((self._who, np.zeros((more, self.most), dtype=np.int32)))
            self._counts = np.concatenate((self._counts, np.zeros((more, self.most))))
            self._sizes += [0] * more
            self._totals += [0.0] * more
        for place in fresh.tolist():
            self._sizes[place] = 0
            self._totals[place] = 0.0
        # What was counted of the product that stood there before must not count for the new one.
        gone = np.isin(self._who, fresh)
        self._counts[gone] = 0.0

    def _count(self, one: int, other: int, share: float) -> None:
        size = self._sizes[one]
        row = self._who[one]
        found = np.flatnonzero(row[:size] == other)
        if len(found):
            at = int(found[0])
            self._counts[one, at] += share
        else:
            if size < self.most:
                at = size
                self._sizes[one] = size + 1
            else:
                at = int(self._counts[one].argmin())
                self._totals[one] -= float(self._counts[one, at])
            row[at] = other
            self._counts[one, at] = share
        self._totals[one] += share
        if self._totals[one] > self.memory:
            self._counts[one] *= 0.5
            self._totals[one] = float(self._counts[one, : self._sizes[one]].sum())
