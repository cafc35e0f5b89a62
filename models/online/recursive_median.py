"""Linear regression on the median that learns by curvature and forgets: robust to labels with heavy tails."""

from __future__ import annotations

from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

__all__ = ["RecursiveMedianRegression"]

# The mean distance is one of about 500 labels, of which none counts for more than four such.
_PACE = 0.002
_FAR = 4.0
# Where answers are exact a label must still count.
_NARROWEST = 0.01


class RecursiveMedianRegression(base.Regressor):
    """Exponentially faded sums of a weighted least-squares problem, solved anew every few labels.

    A label counts the less the further it lies from what was expected of it, by a width over the distance: that
    turns least squares into least absolute deviations (one pass of iteratively reweighted least squares). The width
    follows the mean distance of late: one that suits a shop where nothing is certain blurs the median where much is.

    Parameters
    ----------
    forgetting : float
        Within (0, 1]: all sums are multiplied by it at each label. At 0.9999 half is gone after 6,900 labels.
    ridge : float
        Draws the weights to zero. It does not fade, so directions that the stream no longer shows go back to zero:
        a recursive covariance grows without bound there and lost its positive sign after 100,000 labels.
    width : float
        Labels closer than this, in mean distances, count fully.
    every : int
        Labels between two solutions.

    References
    ----------
    P. W. Holland, R. E. Welsch, Robust regression using iteratively reweighted least-squares,
    Communications in Statistics 6 (9), 1977.
    P. J. Huber, Robust Statistics, 1981, chapter 7: a scale estimated beside the weights.

    Examples
    --------
    >>> model = RecursiveMedianRegression(ridge=1e-6, every=1)
    >>> for label in (3.0, 3.0, 900.0, 3.0, 3.0):
    ...     model.learn_one({"a": 1.0}, label)
    >>> round(model.predict_one({"a": 1.0}), 1)
    3.2
    """

    def __init__(
        self, forgetting: float = 0.9999, ridge: float = 3.0, width: float = 0.5, every: int = 32
    ) -> None:
        self.forgetting = forgetting
        self.ridge = ridge
        self.width = width
        self.every = every
        self._labels = 0
        self._distance = 1.0
        self._names: tuple[str, ...] = ()
        self._weights: list[float] = []
        # Of the normal equations, the right-hand side in the last column.
        self._sums: NDArray[np.float64] = np.zeros((0, 1))

    def _row(self, x: dict[str, float]) -> list[float]:
        return [*(x.get(name, 0.0) for name in self._names), 1.0]

    def predict_one(self, x: dict[Any, Any], **kwargs: Any) -> float:
        """Median to expect; 0 before the first solution."""
        return sum(map(mul, self._weights, self._row(x))) if self._weights else 0.0

    def parts_one(self, x: dict[Any, Any]) -> tuple[float, dict[str, float]]:
        """Intercept, and what each feature adds to it."""
        if not self._weights:
            return 0.0, {}
        *parts, start = map(mul, self._weights, self._row(x))
        return start, dict(zip(self._names, parts, strict=True))

    def learn_one(self, x: dict[Any, Any], y: float, w: float = 1.0, **kwargs: Any) -> None:
        """Add one label to the sums, `w` times.

        Parameters
        ----------
        x : dict of str to float
            What was seen; names that the first one lacked count for nothing.
        y : float
            The label.
        w : float
            How much the label counts.
        """
        if not self._labels:
            self._names = tuple(x)
            self._sums = np.zeros((len(x) + 1, len(x) + 2))
        distance = abs(y - self.predict_one(x))
        width = max(self.width * self._distance, _NARROWEST)
        counts = w * width / max(distance, width)
        self._distance += _PACE * (min(distance, _FAR * self._distance) - self._distance)
        row = np.array(self._row(x))
        self._sums *= self.forgetting
        self._sums += np.multiply.outer(row * counts, np.append(row, y))
        self._labels += 1
        if self._labels % self.every == 0:
            self._weights = self._solution()

    def _solution(self) -> list[float]:
        """Weights by elimination, element by element: BLAS may round differently on another machine."""
        system = self._sums.copy()
        size = len(system)
        system.ravel()[:: size + 2] += self.ridge
        for i in range(size):
            factors = system[i + 1 :, i] / system[i, i]
            system[i + 1 :, i:] -= np.multiply.outer(factors, system[i, i:])
        right = system[:, size]
        for i in reversed(range(size)):
            right[i] /= system[i, i]
            right[:i] -= system[:i, i] * right[i]
        return [float(weight) for weight in right]
