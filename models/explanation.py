"""What an answer is made of: numbers that add up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, expm1, inf
from typing import Literal, Protocol, runtime_checkable

__all__ = ["Explains", "Explanation"]

# As the models have them: see `models.online.second_order` and `models.online.growth`.
_FARTHEST = 30.0
_MOST_GROWTH = 8.0


@dataclass(frozen=True)
class Explanation:
    """An answer as a sum.

    Parameters
    ----------
    start : float
        What the model says before it looks: its intercept, or a mean.
    parts : mapping of str to float
        What each feature adds, in the order of features.
    link : str
        How `total` becomes the answer: as it stands, from log odds to a probability, or from the log of a growth to
        what a cart will be worth.
    onto : float
        For ``growth``: what grows.
    most : float
        For ``growth``: no more is added to it.

    Examples
    --------
    >>> half = Explanation(-1.0, {"views": 1.5, "hour": -0.5}, "logistic")
    >>> half.total, half.answer
    (0.0, 0.5)
    >>> Explanation(0.0, {"lines": 0.0}, "growth", onto=20.0).answer
    20.0
    """

    start: float
    parts: Mapping[str, float] = field(default_factory=dict)
    link: Literal["identity", "logistic", "growth"] = "identity"
    onto: float = 0.0
    most: float = inf

    @property
    def total(self) -> float:
        """`start` and all parts."""
        return self.start + sum(self.parts.values())

    @property
    def answer(self) -> float:
        """What the model answered, but for the last bits: sums were taken in another order."""
        if self.link == "logistic":
            return 1.0 / (1.0 + exp(-min(max(self.total, -_FARTHEST), _FARTHEST)))
        if self.link == "growth":
            rest = (1.0 + self.onto) * expm1(min(max(self.total, 0.0), _MOST_GROWTH))
            return self.onto + min(rest, self.most)
        return self.total


@runtime_checkable
class Explains(Protocol):
    """A model that can say what its answer is made of."""

    def explain_one(self, x: dict[str, float]) -> Explanation | None:
        """What `predict_one` would answer, as a sum; leaves the state alone. None where there is none to say."""
        ...
