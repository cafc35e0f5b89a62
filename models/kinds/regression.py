"""Regression: an answer is a number, such as a value in the shop's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from models.evaluate.metrics import mean_absolute_error, r2, root_mean_squared_error
from models.kinds.kind import Floats, Ints, Metric, Scalar, number
from models.losses import absolute_error

__all__ = ["Regression"]


@dataclass(frozen=True)
class Regression(Scalar):
    """A number is asked for, and judged by how far it is off.

    Parameters
    ----------
    low, high : float
        Range of answers and labels: no order is worth less than nothing, or more than a record carries.
    """

    low: float = 0.0
    high: float = 1e9

    name: ClassVar = "regression"
    metrics: ClassVar = (
        Metric("mae", "MAE", "amount"),
        Metric("rmse", "RMSE", "amount"),
        Metric("r2", "R²", "ratio"),
    )
    charted: ClassVar = "mae"
    batch_answer: ClassVar = "amount"

    def checked(self, given: Any) -> float:
        """See `Kind`.

        Examples
        --------
        >>> Regression().checked(-3.0)
        0.0
        """
        return min(max(number(given), self.low), self.high)

    def is_label(self, label: Any) -> bool:
        """See `Kind`."""
        return isinstance(label, float) and self.low <= label <= self.high

    def loss(self, label: float, answer: float) -> float:
        """Absolute error."""
        return absolute_error(label, answer)

    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """Absolute errors."""
        return np.abs(labels - kept)

    def say(self, answer: float) -> str:
        """See `Kind`.

        Examples
        --------
        >>> Regression().say(1234.5)
        '1,234.50'
        """
        return f"{answer:,.2f}"

    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """See `Kind`."""
        return {
            "mae": mean_absolute_error(labels, kept),
            "rmse": root_mean_squared_error(labels, kept),
            "r2": r2(labels, kept),
        }
