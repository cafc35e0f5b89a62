"""Whether labels lately surprise a classifier more than it expected them to."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

__all__ = ["Surprise"]

_SUREST = 1e-4


class Surprise:
    """How far recent losses lie above the losses that the answers promise, in standard errors.

    An answer of p promises a log loss of its own entropy. What the labels of a visit lose beyond that has a mean of 0
    as long as answers are right, whatever they are. Counted by visit, for its labels are one and the same.

    Parameters
    ----------
    memory_visits : int
        Older visits fade.
    threshold : float
        From so many standard errors on it is on. At 1.7 it is so without a cause for one time in 22, by the normal law;
        in shops without drift it was on at 2 visits of 100. See docs/models.md for what 2 and 1.5 did.

    Examples
    --------
    >>> surprise = Surprise(memory_visits=100)
    >>> for _ in range(20):
    ...     surprise.add([0.05], 1.0)
    >>> surprise.is_on
    True
    """

    def __init__(self, memory_visits: int = 400, threshold: float = 1.7) -> None:
        self.threshold = threshold
        self._keep = 1.0 - 1.0 / memory_visits
        self._sum = 0.0
        self._squares = 0.0

    @property
    def is_on(self) -> bool:
        """Whether labels surprise."""
        return self._sum > self.threshold * sqrt(self._squares)

    def add(self, answers: Sequence[float], label: float) -> None:
        """Count in what was answered at the decision points of a visit, and the label that they share."""
        excess = 0.0
        for p in answers:
            p = min(max(p, _SUREST), 1.0 - _SUREST)
            excess += (p - label) * log(p / (1.0 - p))
        self._sum = self._sum * self._keep + excess
        self._squares = self._squares * self._keep * self._keep + excess * excess
