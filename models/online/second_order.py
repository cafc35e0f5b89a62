"""Logistic regression that learns by curvature and knows how sure it is: an extended Kalman filter over weights."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

from models.online.surprise import Surprise

__all__ = ["SecondOrderLogisticRegression"]

Floats = NDArray[np.float64]


class SecondOrderLogisticRegression(base.Classifier):
    """Weights with their covariance, updated by one Newton step a label, and answers moderated by it.

    Needs neither a learning rate nor scaled features: a direction that is known well moves little, another
    fast. The features of the first label are those it knows; one that is missing later counts 0.

    Parameters
    ----------
    calm, surprised : float
        Variance that each weight gains with a label, for shops change: as a rule, and where labels lately surprised.
    prior_variance : float
        Of each weight before the first label, and the most that the above bring it back to.
    prior_rate : float
        Chance of True before the first label.
    trace : float
        Within [0, 1]. All decision points of a visit have the same label; taken for news each time, the squared sum
        of a visit's errors is 7 times what the filter assumes. So a decision point learns from what was answered at
        the next one, and by `trace` from those after it: the last alone learns from nothing but the label. At 0.7 it
        is 1.2 times, at 1 every decision point learns from the label alone.

    References
    ----------
    W. Penny, S. Roberts, Dynamic logistic regression, IJCNN, 1999.
    D. MacKay, The evidence framework applied to classification networks, Neural Computation 4 (5), 1992: moderation.
    R. Sutton, Learning to predict by the methods of temporal differences, Machine Learning 3, 1988: `trace`.

    Examples
    --------
    >>> model = SecondOrderLogisticRegression(prior_rate=0.5)
    >>> for _ in range(20):
    ...     model.learn_one({"x": 1.0}, True)
    ...     model.learn_one({"x": -1.0}, False)
    >>> model.predict_proba_one({"x": 1.0})[True] > 0.7
    True
    """

    def __init__(
        self,
        calm: float = 1.5e-7,
        surprised: float = 1e-5,
        prior_variance: float = 0.1,
        prior_rate: float = 0.1,
        trace: float = 0.7,
    ) -> None:
        self.calm = calm
        self.surprised = surprised
        self.prior_variance = prior_variance
        self.prior_rate = prior_rate
        self.trace = trace
        self._surprise = Surprise()
        self._names: list[Hashable] = []
        self._weights: Floats = np.zeros(0)
        self._covariance: Floats = np.zeros((0, 0))

    def _begin(self, x: dict[Any, Any]) -> None:
        self._names = list(x)
        size = len(self._names) + 1
        self._weights = np.zeros(size)
        self._weights[0] = log(self.prior_rate / (1.0 - self.prior_rate))
        self._covariance = np.eye(size) * self.prior_variance

    def _row(self, x: dict[Any, Any]) -> list[float]:
        if list(x) == self._names:
            return [1.0, *x.values()]
        return [1.0, *[x.get(name, 0.0) for name in self._names]]

    def predict_proba_one(self, x: dict[Hashable, Any], **kwargs: Any) -> dict[bool | str | int, float]:
        """Chances of False and True, the nearer to a half the less is known of the weights that it takes."""
        p = self.prior_rate
        if self._names:
            row = np.array(self._row(x))
            p = _probability(_dot(self._weights, row) / self._moderation(row))
        return {False: 1.0 - p, True: p}

    def _moderation(self, row: Floats) -> float:
        return sqrt(1.0 + pi * _dot(_times(self._covariance, row), row) / 8.0)

    def parts_one(self, x: dict[Any, Any]) -> tuple[float, dict[str, float]]:
        """Log odds of the intercept, and what each feature adds, all moderated alike."""
        row = np.array(self._row(x))
        start, *parts = (self._weights * row / self._moderation(row)).tolist()
        return start, {str(name): part for name, part in zip(self._names, parts, strict=True)}

    def learn_one(self, x: dict[Hashable, Any], y: bool | str | int) -> None:
        """Learn one decision point that shares its label with no other."""
        self.learn_visit([x], float(y))

    def learn_visit(self, xs: Sequence[dict[Any, Any]], y: float) -> None:
        """Take one step of the filter for each decision point of a visit.

        Parameters
        ----------
        xs : sequence of dict of str to float
            What was seen, oldest first.
        y : float
            The label of all of them.
        """
        if not self._names:
            self._begin(xs[0])
        rows = np.array([self._row(x) for x in xs])
        covariance, weights = self._covariance, self._weights
        logits = np.einsum("ij,j->i", rows, weights)
        answers = [_probability(logit) for logit in logits]
        targets = self._targets(answers, y)
        self._surprise.add(answers, y)
        self._widen(len(xs))
        # Of each row covariance times row; kept up as the covariance shrinks, for that costs less than anew.
        spreads: Floats = np.einsum("ij,kj->ik", rows, covariance)
        for n, target in enumerate(targets):
            spread = spreads[n]
            along = _times(rows[n:], spread)
            p = _probability(logits[n])
            gain = p * (1.0 - p) / (1.0 + p * (1.0 - p) * along[0])
            step = (target - p) * (1.0 - gain * along[0])
            scaled = gain * spread
            weights += step * spread
            covariance -= np.multiply.outer(scaled, spread)
            logits[n + 1 :] += step * along[1:]
            spreads[n + 1 :] -= np.multiply.outer(along[1:], scaled)

    def _targets(self, answers: list[float], y: float) -> list[float]:
        """What each decision point learns from."""
        targets = [y]
        for following in answers[:0:-1]:
            targets.append((1.0 - self.trace) * following + self.trace * targets[-1])
        targets.reverse()
        return targets

    def _widen(self, labels: int) -> None:
        noise = labels * (self.surprised if self._surprise.is_on else self.calm)
        variances = self._covariance.reshape(-1)[:: len(self._weights) + 1]
        variances += noise * np.maximum(0.0, 1.0 - variances / self.prior_variance)


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + exp(-min(max(logit, -30.0), 30.0)))


# Rather einsum than BLAS, whose order of summation depends on the processor and on the number of threads.
def _dot(a: Floats, b: Floats) -> float:
    return float(np.einsum("i,i", a, b))


def _times(matrix: Floats, vector: Floats) -> Floats:
    product: Floats = np.einsum("ij,j->i", matrix, vector)
    return product
