"""Which places of the catalogue a model's arrays have taken in: it follows when products came or gave theirs away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tasks.taste.catalogue import Catalogue

__all__ = ["Places"]


class Places:
    """Whose the rows of a model's arrays are.

    A model follows when it learns, not when it answers: a question must leave its state alone. Until then a new product
    has the row of the one before it at its place, or none.
    """

    def __init__(self) -> None:
        self._listed = 0
        self._owners: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def follow(self, catalogue: Catalogue) -> NDArray[np.int64] | None:
        """Places that have another product since the last call; None where all is as it was."""
        if self._listed == catalogue.listed:
            return None
        self._listed = catalogue.listed
        count = catalogue.count
        known = np.full(count, -1)
        known[: len(self._owners)] = self._owners
        fresh: NDArray[np.int64] = np.flatnonzero(known != catalogue.owners[:count])
        self._owners = catalogue.owners[:count].copy()
        return fresh
