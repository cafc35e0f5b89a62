"""What a kind of task is: all that follows from the type of its answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.kinds.scored import Columns

__all__ = ["Kind", "Metric", "NoAnswer", "Role", "Scores", "number"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Role: TypeAlias = Literal["online", "baseline", "frozen", "batch"]
Scores: TypeAlias = dict[str, float | None]


class NoAnswer(ValueError):  # noqa: N818 - a finding of a model, not an error of ours
    """What a model gave is no answer of its kind."""


def number(given: Any) -> float:
    """What a model gave, as a number that is one; raises `NoAnswer` where it is not finite."""
    answer = float(given)
    if not isfinite(answer):
        msg = f"answered {answer}"
        raise NoAnswer(msg)
    return answer


class Metric(NamedTuple):
    """One figure of a model over many labels.

    Parameters
    ----------
    name : str
        Under which it stands in JSON.
    title : str
        Of its column, for people.
    form : str
        How it is written: ``loss`` (four digits), ``share`` (per cent), ``amount`` (currency) or ``ratio``.
    """

    name: str
    title: str
    form: Literal["loss", "share", "amount", "ratio"]


class Kind(ABC):
    """One kind of task.

    Attributes
    ----------
    name : str
        The field's word for it.
    metrics : tuple of Metric
        What a board shows, the loss first.
    charted : str
        Name of the metric that a board draws over time.
    batch_answer : str
        What a batch model's signature must say that it answers with.
    """

    name: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    charted: ClassVar[str]
    batch_answer: ClassVar[Literal["probability", "amount"]]

    @abstractmethod
    def checked(self, given: Any) -> float:
        """Bring what a model gave into the range of answers.

        Raises
        ------
        NoAnswer
            If it is none.
        """

    def checked_all(self, given: Any, count: int) -> tuple[list[float], str | None]:
        """Answers of a batch model to `count` rows up to the first row that has none, and the reason of that."""
        answers = np.asarray(given, dtype=np.float64)
        if answers.shape != (count,):
            return [], f"answered {count} rows with shape {answers.shape}"
        good = np.isfinite(answers)
        first = count if good.all() else int(np.argmin(good))
        return [self.checked(answer) for answer in answers[:first].tolist()], (
            None if first == count else f"answered {answers[first]}"
        )

    @abstractmethod
    def is_label(self, label: float) -> bool:
        """Whether `label` can be one."""

    @abstractmethod
    def loss(self, label: float, answer: float) -> float:
        """Of one answer; smaller is better."""

    @abstractmethod
    def losses(self, labels: Floats, answers: Floats) -> Floats:
        """Of many answers."""

    @abstractmethod
    def say(self, answer: float) -> str:
        """An answer, or a label that is one, as text for people."""

    @abstractmethod
    def scores(self, columns: Columns, model: str) -> Scores:
        """How many labels one model answered ("labels"), and all metrics on these; None where there is none."""

    def oracle(self, columns: Columns) -> Scores:
        """Losses of those who know more than any model; none where nobody does."""
        return {}

    def board(
        self, columns: Columns, order: Sequence[str], role_of: Callable[[str], Role], window: int
    ) -> dict[str, Any]:
        """All models over the same labels, as ``freshet score --json`` prints them.

        Parameters
        ----------
        columns : Columns
            The newest labels.
        order : sequence of str
            The models that answered, in the order of serving.
        role_of : callable
            What each model is.
        window : int
            Of how many newest labels recent figures are.
        """
        scores = {model: self.scores(columns, model) for model in order}
        return {
            "labels": len(columns),
            "models": {m: s for m, s in scores.items() if role_of(m) != "baseline"},
            "baselines": {m: s for m, s in scores.items() if role_of(m) == "baseline"},
        }

    @abstractmethod
    def evaluation(self, labels: Floats, answers: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """Figures of a trained model on its newest slice, the loss first."""

    def why_not_trainable(self, labels: Floats) -> str | None:
        """Say what is missing in `labels` so that a model can be trained on them or judged by them."""
        return None
