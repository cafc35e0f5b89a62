"""What a model must be able to do to learn on the stream."""

from __future__ import annotations

from typing import Protocol

__all__ = ["OnlineModel"]


class OnlineModel(Protocol):
    """Answers before it learns, one example at a time.

    Laws, held by ``tests/unit/models/test_laws.py`` for every model of every task: `predict_one` leaves the
    state alone, `learn_one` leaves its input alone, and twins fed the same stream agree to the last bit,
    across a pickle round trip and across hash seeds. It may raise: it is then out of the portfolio for good.
    """

    def predict_one(self, x: dict[str, float]) -> float:
        """Probability of the label 1, or the expected value."""
        ...

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Take in one settled label; `x` is what `predict_one` saw when it was asked."""
        ...
