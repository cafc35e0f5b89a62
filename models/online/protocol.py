"""What a model must be able to do to learn on the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

__all__ = ["BlendsAnswers", "LearnsUnlabelled", "LearnsVisits", "OnlineModel", "learn_visit"]


class OnlineModel(Protocol):
    """Answers before it learns, one example at a time.

    Laws, held by ``tests/unit/models/test_laws.py`` for every model of every task: `predict_one` leaves the
    state alone, `learn_one` leaves its input alone, and twins fed the same stream agree to the last bit,
    across a pickle round trip and across hash seeds. It may raise: it is then out of the portfolio for good.
    """

    def predict_one(self, x: dict[str, float]) -> Any:
        """An answer, as the task's kind wants it: the probability of the label 1, the expected value, a list."""
        ...

    def learn_one(self, x: dict[str, float], y: Any) -> None:
        """Take in one settled label; `x` is what `predict_one` saw when it was asked."""
        ...


@runtime_checkable
class LearnsVisits(Protocol):
    """An online model that wants all decision points of a visit at once, for they share one label."""

    def learn_visit(self, xs: Sequence[dict[str, float]], y: Any) -> None:
        """Take in the label of a visit; `xs` is what was seen at its decision points, oldest first."""
        ...


@runtime_checkable
class LearnsUnlabelled(Protocol):
    """An online model that learns from what it sees, too, where there is no label for it."""

    def learn_unlabelled(self, x: dict[str, float]) -> None:
        """Take in what was seen at a decision point that never gets a label."""
        ...


@runtime_checkable
class BlendsAnswers(Protocol):
    """An online model made of the answers of the task's others: it is asked when they have answered.

    It may stand before them in the order of serving. Who is out, or could not answer, has None.
    """

    def blend(self, x: dict[str, float], answers: Mapping[str, Any]) -> Any:
        """An answer, given those of the others by name."""
        ...

    def learn_blend(self, x: dict[str, float], answers: Mapping[str, Any], y: Any) -> None:
        """Take in one settled label; `answers` are those that were given when it was asked."""
        ...


def learn_visit(model: OnlineModel, xs: Sequence[dict[str, float]], y: Any) -> None:
    """Let `model` learn a visit: at once where it can, one decision point after the other where not."""
    if isinstance(model, LearnsVisits):
        model.learn_visit(xs, y)
        return
    for x in xs:
        model.learn_one(x, y)
