"""The blend: the lists of the other models, weighed by how well each foretold what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from contracts.bounds import RankedItem
from models.tasks.taste.ranked import LISTED

__all__ = ["Blend"]

_DIGITS: Final = 5
# What a model is taken to give to a product that its list lacks.
_LEAST: Final = 1e-4


class Blend:
    """A mixture of lists of chances: a product's score is the sum of what the models contribute, told beside it.

    A model's weight follows its share in the mixture's chance of what came: expectation and maximisation, a step a
    label. Its chances are those that it served when it was asked, so the weights are learnt prequentially.

    Parameters
    ----------
    parts : sequence of str
        Names of the models.
    step : float
        Of the weights; the first labels count for more.

    References
    ----------
    O. Cappé, E. Moulines, On-line expectation-maximization algorithm for latent data models, JRSS B 71 (3), 2009.

    Examples
    --------
    >>> blend = Blend(["a", "b"])
    >>> a, b = [RankedItem("x", 0.5), RankedItem("y", 0.25)], [RankedItem("y", 0.75)]
    >>> [(one.item, one.score, one.because) for one in blend.blend({}, {"a": a, "b": b})]
    [('y', 0.5, {'a': 0.125, 'b': 0.375}), ('x', 0.25, {'a': 0.25})]
    """

    def __init__(self, parts: Sequence[str], step: float = 0.002) -> None:
        self.step = step
        self._labels = 0
        self._weights = dict.fromkeys(parts, 1.0 / len(parts))

    def blend(self, x: dict[str, float], answers: Mapping[str, Any]) -> list[RankedItem]:
        """The ten likeliest, with what adds up to their scores."""
        because: dict[str, dict[str, float]] = {}
        for name, weight in self._weights.items():
            for one in answers[name] or ():
                if part := round(weight * one.score, _DIGITS):
                    because.setdefault(one.item, {})[name] = part
        scores = {item: round(sum(parts.values()), _DIGITS) for item, parts in because.items()}
        # Sorting is stable: of equal ones the first in the first list.
        return [
            RankedItem(item, scores[item], because[item])
            for item in sorted(scores, key=scores.__getitem__, reverse=True)[:LISTED]
        ]

    def learn_blend(self, x: dict[str, float], answers: Mapping[str, Any], y: str) -> None:
        """Move the weights towards those who gave what came a chance."""
        told = {
            name: weight * next((one.score for one in answers[name] or () if one.item == y), _LEAST)
            for name, weight in self._weights.items()
        }
        self._labels += 1
        step = max(self.step, 1.0 / (self._labels + 20.0))
        total = sum(told.values())
        for name, part in told.items():
            self._weights[name] += step * (part / total - self._weights[name])

    def predict_one(self, x: dict[str, float]) -> list[RankedItem]:
        """Nothing: without the others it knows no product."""
        return []

    def learn_one(self, x: dict[str, float], y: str) -> None:
        """Nothing: see `learn_blend`."""
