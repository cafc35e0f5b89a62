"""A model that stops learning: it shows what the others are worth once the shop has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.explanation import Explains, Explanation
from models.online.protocol import OnlineModel, learn_visit

__all__ = ["Frozen"]


class Frozen:
    """Learns the first labels as the model it is a copy of does, to the last bit, and then no more.

    Rather learned side by side than copied at some moment: so it is a model like any other, which knows
    nothing of its neighbours.

    Parameters
    ----------
    make : callable
        Makes the untrained model.
    parameters : mapping
        Arguments of `make`.
    after_labels : int
        How many labels it learns from, and the rest of the visit that the last one belongs to.
    """

    def __init__(
        self, make: Callable[..., OnlineModel], parameters: Mapping[str, object], after_labels: int
    ) -> None:
        self._model = make(**parameters)
        self._labels_left = after_labels

    def predict_one(self, x: dict[str, float]) -> Any:
        """Answer of the model as it was when it stopped."""
        return self._model.predict_one(x)

    def explain_one(self, x: dict[str, float]) -> Explanation | None:
        """What the answer of the model as it was when it stopped is made of; None where that has no explanation."""
        return self._model.explain_one(x) if isinstance(self._model, Explains) else None

    def learn_one(self, x: dict[str, float], y: Any) -> None:
        """Learn while there are labels left to learn from."""
        self.learn_visit([x], y)

    def learn_visit(self, xs: Sequence[dict[str, float]], y: Any) -> None:
        """Learn a visit as its original does, while there are labels left to learn from."""
        if self._labels_left > 0:
            self._labels_left -= len(xs)
            learn_visit(self._model, xs, y)
