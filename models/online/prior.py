"""The baseline that knows no features: the label's recent mean."""

from __future__ import annotations

from models.explanation import Explanation

__all__ = ["Prior"]

_KNOWN = 30


class Prior:
    """Mean of the labels so far, and once there are many, of about the last `memory_labels`.

    Parameters
    ----------
    memory_labels : int
        Beyond so many labels old ones fade exponentially.
    start : float
        Answer before the first label, which counts as one label.
    ceiling : float, optional
        After the first thirty labels, one of more than so many times the mean counts as that: a single order
        of a billion would otherwise be all that the mean knows.

    Examples
    --------
    >>> prior = Prior(memory_labels=1000, start=0.1)
    >>> prior.learn_one({}, 1.0)
    >>> prior.predict_one({})
    0.55
    """

    def __init__(self, memory_labels: int = 5_000, start: float = 0.1, ceiling: float | None = None) -> None:
        self.memory_labels = memory_labels
        self.ceiling = ceiling
        self.labels = 1
        self.mean = start

    def predict_one(self, x: dict[str, float]) -> float:
        """Return the mean."""
        return self.mean

    def explain_one(self, x: dict[str, float]) -> Explanation:
        """The mean: no feature adds anything."""
        return Explanation(self.mean)

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Count a label in."""
        if self.ceiling is not None and self.labels > _KNOWN:
            y = min(y, self.ceiling * self.mean)
        self.labels = min(self.labels + 1, self.memory_labels)
        self.mean += (y - self.mean) / self.labels
