"""Multinomial naive Bayes over hashed words."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Final

__all__ = ["NaiveBayes"]

_SMOOTHING: Final = 1.0


class NaiveBayes:
    """Counts of words by class; the state grows with the words seen, up to the number of buckets.

    References
    ----------
    A. McCallum and K. Nigam, "A comparison of event models for naive Bayes text classification", AAAI workshop 1998.
    """

    def __init__(self) -> None:
        self._words: dict[int, list[float]] = {}
        self._totals = [0.0, 0.0]
        self._texts = [0.0, 0.0]

    def logit(self, words: Sequence[int]) -> float:
        """Log of the odds of the class 1."""
        start, parts = self.parts(words)
        return sum(parts, start)

    def parts(self, words: Sequence[int]) -> tuple[float, list[float]]:
        """Log odds without words, and what each word adds."""
        known = _SMOOTHING * len(self._words)
        shift = log((self._totals[0] + known) / (self._totals[1] + known)) if known else 0.0
        start = log((self._texts[1] + _SMOOTHING) / (self._texts[0] + _SMOOTHING))
        counted = (self._words.get(word) for word in words)
        return start, [
            0.0 if counts is None else log((counts[1] + _SMOOTHING) / (counts[0] + _SMOOTHING)) + shift
            for counts in counted
        ]

    def learn(self, words: Sequence[int], label: int, weight: float) -> None:
        """Count a text and its words in, each `weight` times."""
        self._texts[label] += weight
        for word in words:
            self._words.setdefault(word, [0.0, 0.0])[label] += weight
            self._totals[label] += weight
