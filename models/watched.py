"""A model that is looked at while it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from models.explanation import Explains, Explanation
from models.online.protocol import BlendsAnswers, LearnsUnlabelled, OnlineModel, learn_visit

__all__ = ["Told", "Watched"]

Told = Callable[[dict[str, float], Explanation | None], None]


@dataclass(frozen=True)
class Watched:
    """Tells what each of a model's answers is made of, at the moment when it answers.

    Parameters
    ----------
    model : OnlineModel
        Answers and learns as ever.
    told : callable
        Called with what was seen and the explanation; None where the model has none.
    """

    model: OnlineModel
    told: Told

    def predict_one(self, x: dict[str, float]) -> Any:
        """Answer of the model."""
        answer = self.model.predict_one(x)
        self.told(x, self.model.explain_one(x) if isinstance(self.model, Explains) else None)
        return answer

    def blend(self, x: dict[str, float], others: dict[str, Any]) -> Any:
        """Answer of a model that blends those of the others: its list says what it is made of."""
        answer = cast(BlendsAnswers, self.model).blend(x, others)
        self.told(x, None)
        return answer

    def learn_blend(self, x: dict[str, float], others: dict[str, Any], y: Any) -> None:
        """Pass one label on to a model that blends."""
        cast(BlendsAnswers, self.model).learn_blend(x, others, y)

    def learn_one(self, x: dict[str, float], y: Any) -> None:
        """Pass one label on."""
        self.model.learn_one(x, y)

    def learn_visit(self, xs: Sequence[dict[str, float]], y: Any) -> None:
        """Pass a visit on."""
        learn_visit(self.model, xs, y)

    def learn_unlabelled(self, x: dict[str, float]) -> None:
        """Pass on what never gets a label, where the model wants it."""
        if isinstance(self.model, LearnsUnlabelled):
            self.model.learn_unlabelled(x)
