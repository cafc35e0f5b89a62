"""What a kind of task is: all that follows from the type of its answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.kinds.scored import Columns, Lines

__all__ = ["Kind", "Metric", "NoAnswer", "Role", "Scalar", "Scores", "held_to", "number"]

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


def held_to(shape: Any, given: Any) -> Any:
    """`given` as what records can carry; raises `NoAnswer` where they can't."""
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        msg = f"answered {str(given)[:200]}: {error}"
        raise NoAnswer(msg) from error


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
    batch_answer : str or None
        What a batch model's signature must say that it answers with; None where there are no batch models.
    """

    name: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    charted: ClassVar[str]
    batch_answer: ClassVar[Literal["probability", "amount"] | None] = None

    @abstractmethod
    def checked(self, given: Any) -> Any:
        """Bring what a model gave into the form and range of answers.

        Raises
        ------
        NoAnswer
            If it is none.
        """

    def checked_all(self, given: Any, count: int) -> tuple[list[Any], str | None]:
        """Answers of a batch model to `count` rows up to the first row that has none, and the reason of that."""
        found: list[Any] = []
        try:
            found.extend(map(self.checked, given))
        except NoAnswer as error:
            return found, str(error)
        return (found, None) if len(found) == count else ([], f"answered {count} rows with {len(found)}")

    def is_answer(self, answer: Any) -> bool:
        """Whether what stands on the topic can be one."""
        try:
            return bool(self.checked(answer) == answer)
        except Exception:  # noqa: BLE001 - strangers write anything: what fails is no answer, and counted as foreign
            return False

    @staticmethod
    def is_of(shape: Any, given: Any) -> bool:
        """Whether `given` has a shape that records carry."""
        try:
            held_to(shape, given)
        except NoAnswer:
            return False
        return True

    @abstractmethod
    def is_label(self, label: Any) -> bool:
        """Whether `label` can be one."""

    @abstractmethod
    def loss(self, label: Any, answer: Any) -> float:
        """Of one answer; smaller is better."""

    @abstractmethod
    def kept(self, label: Any, answer: Any) -> float | list[float]:
        """The numbers that a label leaves behind of one answer: what metrics over many labels are worked out from."""

    @abstractmethod
    def kept_label(self, label: Any) -> float:
        """The number that a label leaves behind of itself."""

    def lines(self, told_ms: int, truth: Any) -> Lines | None:
        """What the truth of one decision point leaves behind, as numbers; None where it is none of this kind."""
        return None

    @abstractmethod
    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """Of many answers, by what was kept of them."""

    @abstractmethod
    def say(self, answer: Any) -> str:
        """An answer, or a label that is one, as text for people."""

    def scores(self, columns: Columns, model: str) -> Scores:
        """How many labels one model answered ("labels"), and all metrics on these; None where there is none."""
        rows, kept = columns.answered_by(model)
        if not len(rows):
            return {"labels": 0, **dict.fromkeys(metric.name for metric in self.metrics)}
        return {"labels": len(rows), **self.evaluation(rows.labels, kept, rows.sessions)}

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
    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """Figures of a model over some labels, the loss first."""

    def why_not_trainable(self, labels: Floats) -> str | None:
        """Say what is missing in `labels` so that a model can be trained on them or judged by them."""
        return None


class Scalar(Kind):
    """A kind whose answers and labels are numbers."""

    def checked_all(self, given: Any, count: int) -> tuple[list[float], str | None]:
        """See `Kind`; all rows at once."""
        answers = np.asarray(given, dtype=np.float64)
        if answers.shape != (count,):
            return [], f"answered {count} rows with shape {answers.shape}"
        good = np.isfinite(answers)
        first = count if good.all() else int(np.argmin(good))
        return [self.checked(answer) for answer in answers[:first].tolist()], (
            None if first == count else f"answered {answers[first]}"
        )

    def is_answer(self, answer: Any) -> bool:
        """See `Kind`; the range is that of the record."""
        return isinstance(answer, float)

    def kept(self, label: Any, answer: Any) -> float:
        """The answer itself."""
        return float(answer)

    def kept_label(self, label: Any) -> float:
        """The label itself."""
        return float(label)
