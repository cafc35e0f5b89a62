"""River's classifiers behind the protocol of online models."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, cast

from river import base, compose

from models.explanation import Explanation
from models.online.linear_parts import linear_parts
from models.online.protocol import LearnsVisits

__all__ = ["RiverClassifier"]


class RiverClassifier:
    """The probability of True of a River classifier or pipeline.

    Parameters
    ----------
    classifier : river.base.Classifier or river.compose.Pipeline
        Asked only after its first label: River's scaler takes up features that it merely transforms, and a
        question must leave the state alone.
    start : float
        Answer before the first label.
    """

    def __init__(self, classifier: base.Classifier | compose.Pipeline, start: float = 0.1) -> None:
        self._classifier = classifier
        self._start = start
        self._has_learned = False

    def predict_one(self, x: dict[str, float]) -> float:
        """Probability of the label 1."""
        if not self._has_learned:
            return self._start
        return self._classifier.predict_proba_one(cast(dict[Hashable, Any], x)).get(True, 0.0)

    def explain_one(self, x: dict[str, float]) -> Explanation:
        """What each feature adds to the log odds; the classifier must be linear."""
        if not self._has_learned:
            return Explanation(self._start)
        return Explanation(*linear_parts(self._classifier, x), link="logistic")

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Pass one label on."""
        self._has_learned = True
        self._classifier.learn_one(cast(dict[Hashable, Any], x), y > 0.5)

    def learn_visit(self, xs: Sequence[dict[str, float]], y: float) -> None:
        """Pass a visit on: at once where the classifier can learn one."""
        if isinstance(self._classifier, LearnsVisits):
            self._has_learned = True
            self._classifier.learn_visit(xs, y)
            return
        for x in xs:
            self.learn_one(x, y)
