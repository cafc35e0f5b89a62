"""What a part of the recommender must offer, and how its chances become a list."""

from __future__ import annotations

from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from contracts.bounds import RankedItem
from models.tasks.taste.moment import Moment

__all__ = ["LISTED", "Alone", "Part", "best", "fitted"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LISTED: Final = 10
_DIGITS: Final = 5
_NOTHING: Final = 1e-12


class Part(Protocol):
    """Tells how likely each product is the next one. State is bounded by the places of the catalogue."""

    def chances(self, x: Moment) -> Floats:
        """Of all places of the catalogue, at least 0; of all that may come they add up to about 1."""
        ...

    def learn(self, x: Moment, place: int) -> None:
        """Take in which product came: by its place."""
        ...


def fitted(values: NDArray[np.float64], count: int) -> Floats:
    """The first `count` of an array, 0 where it is shorter: products may have come that no label told of."""
    if len(values) >= count:
        return values[:count]
    return np.concatenate((values, np.zeros(count - len(values))))


def best(x: Moment, chances: Floats) -> Ints:
    """Places of the ten likeliest products that may be recommended, the likeliest first; ties by place.

    Partitioned by value and not by place: which of equal ones `argpartition` takes may differ between processors.
    """
    catalogue = x.catalogue
    scores = chances * catalogue.on_offer[: catalogue.count]
    for place in catalogue.places(x.left_out):
        scores[place] = 0.0
    found: Ints = np.flatnonzero(scores >= _least(scores))
    order: Ints = np.argsort(-scores[found], kind="stable")[:LISTED]
    return found[order]


def _least(scores: Floats) -> float:
    if len(scores) <= LISTED:
        return _NOTHING
    kth = len(scores) - LISTED
    return max(float(np.partition(scores, kth)[kth]), _NOTHING)


class Alone:
    """A model of one part: ranks by its chances.

    Parameters
    ----------
    part : Part
        Untrained.
    """

    def __init__(self, part: Part) -> None:
        self._part = part

    def predict_one(self, x: dict[str, float]) -> list[RankedItem]:
        """The ten likeliest, with their chances."""
        moment = cast(Moment, x)
        chances = self._part.chances(moment)
        ids = moment.catalogue.ids
        places = best(moment, chances)
        return [
            RankedItem(ids[place], round(chance, _DIGITS))
            for place, chance in zip(places.tolist(), chances[places].tolist(), strict=True)
        ]

    def learn_one(self, x: dict[str, float], y: str) -> None:
        """Take in which product came."""
        moment = cast(Moment, x)
        place = moment.catalogue.place(y)
        if place is not None:
            self._part.learn(moment, place)
