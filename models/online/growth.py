"""From a regressor on a log scale to an order's worth: how much the cart still grows."""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, log1p
from typing import Any, Final, Protocol

from models.explanation import Explanation
from models.features.robust_mean import RobustMean
from models.online.linear_parts import linear_parts

__all__ = ["Growth", "WeightedRegressor"]

# Growth beyond e**8 is learnt as e**8; below 0 it is where a cart shrinks.
_LEAST, _MOST = -2.0, 8.0
# One order of a hundred times the usual would else outweigh a hundred others.
_HEAVIEST = 40.0
# The most that came on top of a total fades by this a label.
_FADING = 0.9999


class WeightedRegressor(Protocol):
    """A River regressor that takes a weight with each label."""

    def predict_one(self, x: dict[str, float]) -> float:
        """Value to expect."""
        ...

    def learn_one(self, x: dict[str, float], y: float, *, w: float) -> Any:
        """Take in a label that counts `w` times."""
        ...


class Growth:
    """Answers with the running total and what `regressor` expects to come: it learns log((1 + y) / (1 + total)).

    Order values have heavy tails; on a log scale a regressor survives them, and the total is in the answer from the
    start. An absolute error in currency weighs a log ratio by the worth of the order, and so does `learn_one`.

    Parameters
    ----------
    regressor : WeightedRegressor
        Should aim at the median, for the median minimises the absolute error. Never sees currency.
    total : str
        Name of the feature that holds the running total.
    without : sequence of str
        Names of features that the regressor must not see.
    """

    def __init__(self, regressor: WeightedRegressor, total: str, without: Sequence[str]) -> None:
        self.regressor = regressor
        self.total = total
        self.without: Final = frozenset(without)
        self._robust_mean = RobustMean()
        self._largest = 0.0

    def _seen(self, x: dict[str, float]) -> dict[str, float]:
        return {name: value for name, value in x.items() if name not in self.without}

    def _answer(self, total: float, growth: float) -> float:
        # A cart seldom shrinks, and the exponent of a linear model knows no bounds: no more may come than twice the
        # most that came of late. Without, one first line of 168,469 was answered with 294,023.
        rest = (1.0 + total) * expm1(min(max(growth, 0.0), _MOST))
        return total + min(rest, 2.0 * self._largest)

    def predict_one(self, x: dict[str, float]) -> float:
        """Order's worth to expect; the running total before the first label."""
        total = x[self.total]
        # River's scaler takes up features that it merely transforms, and a question must leave the state alone.
        return (
            self._answer(total, self.regressor.predict_one(self._seen(x)))
            if self._robust_mean.seen
            else total
        )

    def explain_one(self, x: dict[str, float]) -> Explanation:
        """What each feature adds to the log of the growth; the regressor must be linear."""
        total = x[self.total]
        if not self._robust_mean.seen:
            return Explanation(0.0, {self.total: total})
        start, parts = linear_parts(self.regressor, self._seen(x))
        return Explanation(start, parts, "growth", onto=total, most=2.0 * self._largest)

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Take in the worth of an order that this cart became."""
        total = x[self.total]
        seen = self._seen(x)
        growth = self.regressor.predict_one(seen)
        answer = self._answer(total, growth)
        target = min(max(log1p(y) - log1p(total), _LEAST), _MOST)
        is_outlier = self._robust_mean.is_outlier(max(y, answer))
        self._robust_mean.add(y)
        # Below 0 both, the answer is the running total in any case, and as right as it can be.
        if is_outlier or (growth < 0.0 and target <= 0.0):
            return
        self._largest = max(self._largest * _FADING, y - total)
        weight = min((1.0 + answer) / (1.0 + self._robust_mean.amount), _HEAVIEST)
        self.regressor.learn_one(seen, target, w=weight)
