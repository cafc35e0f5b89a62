"""Logistic regression that learns by curvature: an extended Kalman filter with forgetting."""

from __future__ import annotations

from collections.abc import Hashable
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

__all__ = ["SecondOrderLogisticRegression"]

Floats = NDArray[np.float64]


class SecondOrderLogisticRegression(base.Classifier):
    """Weights with their covariance, updated by one Newton step a label.

    Needs neither a learning rate nor scaled features: a direction that is known well moves little, another
    fast. The features of the first label are those it knows; one that is missing later counts 0.

    Parameters
    ----------
    forgetting : float
        Within (0, 1]: what is known is worth so much after one label more. At 0.99999 half of it is gone
        after 69,000 labels.
    prior_variance : float
        Of each weight before the first label.
    prior_rate : float
        Chance of True before the first label.

    References
    ----------
    W. Penny, S. Roberts, Dynamic logistic regression, IJCNN, 1999.

    Examples
    --------
    >>> model = SecondOrderLogisticRegression(prior_rate=0.5)
    >>> for _ in range(20):
    ...     model.learn_one({"x": 1.0}, True)
    ...     model.learn_one({"x": -1.0}, False)
    >>> model.predict_proba_one({"x": 1.0})[True] > 0.8
    True
    """

    def __init__(
        self, forgetting: float = 0.99999, prior_variance: float = 1.0, prior_rate: float = 0.1
    ) -> None:
        self.forgetting = forgetting
        self.prior_variance = prior_variance
        self.prior_rate = prior_rate
        self._names: tuple[Hashable, ...] = ()
        self._weights: Floats = np.zeros(0)
        self._covariance: Floats = np.zeros((0, 0))

    def _begin(self, x: dict[Hashable, Any]) -> None:
        self._names = tuple(x)
        size = len(self._names) + 1
        self._weights = np.zeros(size)
        self._weights[0] = log(self.prior_rate / (1.0 - self.prior_rate))
        self._covariance = np.eye(size) * self.prior_variance

    def _row(self, x: dict[Hashable, Any]) -> Floats:
        return np.array([1.0, *[x.get(name, 0.0) for name in self._names]])

    def predict_proba_one(self, x: dict[Hashable, Any], **kwargs: Any) -> dict[bool | str | int, float]:
        """Chances of False and True."""
        p = self._probability(self._row(x)) if self._names else self.prior_rate
        return {False: 1.0 - p, True: p}

    def learn_one(self, x: dict[Hashable, Any], y: bool | str | int) -> None:
        """Take one step of the filter."""
        if not self._names:
            self._begin(x)
        row = self._row(x)
        p = self._probability(row)
        spread = _times(self._covariance, row)
        curvature = p * (1.0 - p)
        gain = curvature / (self.forgetting + curvature * _dot(row, spread))
        covariance = self._covariance
        covariance -= np.multiply.outer(gain * spread, spread)
        # Where a feature stands still nothing is learnt about it, and forgetting would let its variance grow
        # without end: in sum they never know less than before the first label.
        if float(np.trace(covariance)) < self.prior_variance * len(row):
            covariance /= self.forgetting
        self._weights += _times(covariance, row) * (float(y) - p)

    def _probability(self, row: Floats) -> float:
        logit = _dot(self._weights, row)
        return 1.0 / (1.0 + exp(-min(max(logit, -30.0), 30.0)))


# Rather einsum than BLAS, whose order of summation depends on the processor and on the number of threads.
def _dot(a: Floats, b: Floats) -> float:
    return float(np.einsum("i,i", a, b))


def _times(matrix: Floats, vector: Floats) -> Floats:
    product: Floats = np.einsum("ij,j->i", matrix, vector)
    return product
