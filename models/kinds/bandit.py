"""Bandit: an answer is {arm, propensity, estimates}; a label is {arm, propensity, reward} of what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta, Struct

from contracts.bounds import Id, Number, Numbers
from models.kinds.kind import Floats, Ints, Kind, Metric, held_to

__all__ = ["Bandit"]

# Truncated importance weights: without, one arm that is shown once in a million outweighs all other decisions.
_LEAST_PROPENSITY: Final = 1e-3
_MOST: Final = 1e9

_Chance = Annotated[float, Meta(gt=0.0, le=1.0)]


class _Decision(Struct):
    arm: Id
    propensity: _Chance
    estimates: Numbers


class _Reward(Struct):
    arm: Id
    propensity: Annotated[float, Meta(ge=0.0, le=1.0)]
    reward: Number


@dataclass(frozen=True)
class Bandit(Kind):
    """An arm is chosen, and judged by the reward that it would have brought, from what was shown and what came."""

    name: ClassVar = "bandit"
    metrics: ClassVar = (
        Metric("cost", "- reward", "amount"),
        Metric("ips", "IPS", "amount"),
        Metric("snips", "SNIPS", "amount"),
        Metric("dr", "DR", "amount"),
    )
    charted: ClassVar = "snips"

    def checked(self, given: Any) -> dict[str, Any]:
        """See `Kind`.

        Examples
        --------
        >>> Bandit().checked({"arm": "none", "propensity": 1, "estimates": {"none": 0.5}})
        {'arm': 'none', 'propensity': 1.0, 'estimates': {'none': 0.5}}
        """
        estimates = {str(name): float(value) for name, value in given.get("estimates", {}).items()}
        answer = {
            "arm": str(given["arm"]),
            "propensity": float(given["propensity"]),
            "estimates": estimates,
        }
        held_to(_Decision, answer)
        return answer

    def is_label(self, label: Any) -> bool:
        """See `Kind`."""
        return self.is_of(_Reward, label)

    def loss(self, label: Any, answer: Mapping[str, Any]) -> float:
        """Less the reward, weighed by how rarely this arm is shown; 0 where another one was shown.

        Examples
        --------
        >>> shown = {"arm": "five", "propensity": 0.25, "reward": 2.0}
        >>> Bandit().loss(shown, {"arm": "five"}), Bandit().loss(shown, {"arm": "none"})
        (-8.0, 0.0)
        """
        weight = _weight(label, answer)
        return min(max(-weight * float(label["reward"]), -_MOST), _MOST) if weight else 0.0

    def kept(self, label: Any, answer: Mapping[str, Any]) -> list[float]:
        """Weight of this answer's arm, and what it expected of its own arm and of the one that was shown."""
        estimates = answer["estimates"]
        own, shown = estimates.get(answer["arm"], 0.0), estimates.get(label["arm"], 0.0)
        return [_weight(label, answer), own, shown]

    def kept_label(self, label: Any) -> float:
        """The reward."""
        return float(label["reward"])

    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """See `Kind`."""
        return -kept[:, 0] * labels

    def say(self, answer: Any) -> str:
        """The arm, and of a label what it brought.

        Examples
        --------
        >>> Bandit().say({"arm": "five", "propensity": 0.25, "reward": 2.0})
        'five: 2.00'
        """
        return str(answer["arm"]) + (f": {answer['reward']:,.2f}" if "reward" in answer else "")

    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """What the policy would have earned a decision.

        References
        ----------
        E. L. Ionides, Truncated importance sampling, JCGS 17 (2), 2008; M. Dudík, J. Langford, L. Li, Doubly robust
        policy evaluation and learning, ICML, 2011; A. Swaminathan, T. Joachims, The self-normalized estimator for
        counterfactual learning, NeurIPS, 2015.
        """
        weight, own, shown = kept.T
        ips = float((weight * labels).mean())
        total = float(weight.sum())
        return {
            "cost": -ips,
            "ips": ips,
            "snips": float((weight * labels).sum()) / total if total else None,
            "dr": float((own + weight * (labels - shown)).mean()),
        }


def _weight(label: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    return 1.0 / max(float(label["propensity"]), _LEAST_PROPENSITY) if label["arm"] == answer["arm"] else 0.0
