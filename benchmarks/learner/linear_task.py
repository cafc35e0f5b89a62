"""One linear task: eight features and River's logistic regression.

Small enough that a benchmark of the learner measures the learner; `benchmarks.learner.naive_loop` computes the same
with dictionaries.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from math import log1p
from typing import Any

from river import linear_model, optim

from contracts.events import CartAdded, ProductViewed, UserEvent
from models.features.declared import Feature, clipped
from models.tasks import TASKS
from models.tasks.spec import ModelSpec, TaskSpec

__all__ = ["FEATURES", "LINEAR_TASK", "SESSIONS_KEPT", "linear_model_of_river"]

SESSIONS_KEPT = 5_000
STEP = 3e-3
FEATURES = (
    Feature("is_view", 0.0, 1.0),
    Feature("views", 0.0, 100.0),
    Feature("adds", 0.0, 100.0),
    Feature("log_price", 0.0, 14.0),
    Feature("discount", 0.0, 1.0),
    Feature("log_dwell_s", 0.0, 10.0),
    Feature("has_stock", 0.0, 1.0),
    Feature("minute", 0.0, 24 * 60.0),
)


def linear_model_of_river() -> Any:  # River's classes are not typed throughout
    """The model on both sides."""
    return linear_model.LogisticRegression(optimizer=optim.SGD(STEP), intercept_lr=STEP)


class LinearFeatures:
    """What the session has seen so far, and the event."""

    declared = FEATURES

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """Each feature by name."""
        assert isinstance(event, ProductViewed | CartAdded)
        views, adds, last_ms = self._sessions.get(event.session_id or "", (0, 0, time_ms))
        product = event.product
        return clipped(
            FEATURES,
            [
                1.0 if isinstance(event, ProductViewed) else 0.0,
                float(views),
                float(adds),
                log1p(product.price),
                product.discount,
                log1p(max(0, time_ms - last_ms) / 1000),
                1.0 if product.stock else 0.0,
                time_ms // 60_000 % 1440 / 60,
            ],
        )

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """Count."""
        session = getattr(event, "session_id", None)
        if session is None:
            return
        views, adds, _ = self._sessions.pop(session, (0, 0, time_ms))
        views += isinstance(event, ProductViewed)
        adds += isinstance(event, CartAdded)
        self._sessions[session] = (views, adds, time_ms)
        if len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)


class _Probability:
    """River's classifier as the portfolio wants it."""

    def __init__(self) -> None:
        self._model = linear_model_of_river()

    def predict_one(self, x: dict[str, float]) -> float:
        return float(self._model.predict_proba_one(x)[True])

    def learn_one(self, x: dict[str, float], y: float) -> None:
        self._model.learn_one(x, y == 1.0)


LINEAR_TASK: TaskSpec = replace(
    TASKS["conversion"],
    features=LinearFeatures,
    models=(ModelSpec("logistic", "online", _Probability),),
)
