"""Baselines that answer with a feature as it stands, or with the largest of several."""

from __future__ import annotations

from collections.abc import Sequence

from models.explanation import Explanation

__all__ = ["LargestOf"]


class LargestOf:
    """The largest of the named features; learns nothing.

    Parameters
    ----------
    names : sequence of str
        Features in the unit of the label.

    Examples
    --------
    >>> LargestOf(["cart_total", "own_mean_order"]).predict_one({"cart_total": 12.5, "own_mean_order": 80.0})
    80.0
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def predict_one(self, x: dict[str, float]) -> float:
        """Return the largest."""
        return max(x[name] for name in self.names)

    def explain_one(self, x: dict[str, float]) -> Explanation:
        """The feature that is the largest."""
        largest = max(self.names, key=x.__getitem__)
        return Explanation(0.0, {largest: x[largest]})

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Leave everything as it is."""
