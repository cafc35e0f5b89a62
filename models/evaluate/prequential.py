"""Scores of a stream: over the newest answers, or fading. Never over a lifetime: that hides a drift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fading", "Window"]


class Window:
    """The newest rows of numbers, such as (label, answer of each model, oracle), for metrics over them.

    Parameters
    ----------
    size : int
        Rows kept.
    width : int
        Numbers in a row.

    Examples
    --------
    >>> window = Window(size=2, width=1)
    >>> for n in range(3):
    ...     window.add(float(n))
    >>> window.rows().ravel().tolist()
    [1.0, 2.0]
    """

    def __init__(self, size: int, width: int) -> None:
        if size < 1 or width < 1:
            msg = f"`size` and `width` must be at least 1. Got {size} and {width}."
            raise ValueError(msg)
        self._ring = np.empty((size, width))
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, len(self._ring))

    def add(self, *row: float) -> None:
        """Take in the newest row, and forget the oldest where it is full."""
        self._ring[self._added % len(self._ring)] = row
        self._added += 1

    def rows(self) -> NDArray[np.float64]:
        """Return what is kept as an array of shape (n, width), oldest first."""
        if self._added <= len(self._ring):
            return self._ring[: self._added].copy()
        return np.roll(self._ring, -(self._added % len(self._ring)), axis=0)


class Fading:
    """A mean in which old values fade exponentially, right from the first value on.

    Parameters
    ----------
    memory : float
        After so many further values one weighs 1/e of what it did.

    References
    ----------
    J. Gama, R. Sebastiao, P. Rodrigues, On evaluating stream learning algorithms, Machine Learning, 2013.

    Examples
    --------
    >>> fading = Fading(memory=1000)
    >>> fading.add(1.0)
    >>> fading.add(2.0)
    >>> round(fading.mean, 3)
    1.5
    """

    def __init__(self, memory: float) -> None:
        if not memory > 0:
            msg = f"`memory` must be positive. Got {memory}."
            raise ValueError(msg)
        self._keep = float(np.exp(-1.0 / memory))
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float) -> None:
        """Take in the newest value."""
        self._sum = self._sum * self._keep + value
        self._weight = self._weight * self._keep + 1.0

    @property
    def mean(self) -> float:
        """The faded mean, NaN before the first value."""
        return self._sum / self._weight if self._weight else float("nan")
