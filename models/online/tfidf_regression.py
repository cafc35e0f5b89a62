"""Logistic regression over hashed TF-IDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Final

__all__ = ["TfIdfRegression"]

_FIRST_SQUARE: Final = 0.01  # of AdaGrad


class TfIdfRegression:
    """Words weigh by how rare they are; each weight has a step that shrinks as it learns (AdaGrad).

    Parameters
    ----------
    step : float
        Of the weights.

    References
    ----------
    G. Salton and C. Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
    J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning", JMLR 2011.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._texts = 0
        # By bucket: in how many texts; the weight; the sum of its squared gradients.
        self._in_texts: dict[int, int] = {}
        self._weights: dict[int, list[float]] = {}

    def logit(self, words: Sequence[int]) -> float:
        """Log of the odds of the class 1; there is no intercept, for words say more."""
        return self._dot(self._vector(words))

    def parts(self, words: Sequence[int]) -> tuple[float, list[float]]:
        """No start, and what each word adds; one that comes again adds all of it where it stands first."""
        vector, zero = self._vector(words), (0.0, 0.0)
        return 0.0, [vector.pop(word, 0.0) * self._weights.get(word, zero)[0] for word in words]

    def learn(self, words: Sequence[int], label: int, weight: float) -> None:
        """Take one step towards `label`, `weight` times as long as a plain one."""
        for word in dict.fromkeys(words):
            self._in_texts[word] = self._in_texts.get(word, 0) + 1
        self._texts += 1
        vector = self._vector(words)
        error = weight * (1.0 / (1.0 + exp(-self._dot(vector))) - label)
        for word, value in vector.items():
            gradient = error * value
            known = self._weights.setdefault(word, [0.0, _FIRST_SQUARE])
            known[1] += gradient * gradient
            known[0] -= self._step * gradient / sqrt(known[1])

    def _vector(self, words: Sequence[int]) -> dict[int, float]:
        """TF-IDF of unit length."""
        raw = {
            word: (1.0 + log(many)) * (1.0 + log((1.0 + self._texts) / (1.0 + self._in_texts.get(word, 0))))
            for word, many in Counter(words).items()
        }
        length = sqrt(sum(value * value for value in raw.values()))
        return {word: value / length for word, value in raw.items()}

    def _dot(self, vector: dict[int, float]) -> float:
        zero = (0.0, 0.0)
        return sum(value * self._weights.get(word, zero)[0] for word, value in vector.items())
