"""How a task and its models are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Literal, TypeAlias

from contracts.events import UserEvent
from models.features.declared import FeatureSet
from models.kinds.kind import Kind
from models.online.protocol import OnlineModel
from models.tasks.label_rules import LabelRule

__all__ = ["ModelKind", "ModelSpec", "TaskSpec"]

ModelKind: TypeAlias = Literal["online", "baseline", "frozen"]


@dataclass(frozen=True)
class ModelSpec:
    """One model of a task.

    Parameters
    ----------
    name : str
        Under which it stands in ``Prediction.answers`` and on the board.
    kind : str
        ``online``, ``baseline`` (must be beaten) or ``frozen`` (stopped learning early, shows a drift).
    make : callable
        Makes an untrained one: a class or a function at the top of a module.
    parameters : mapping
        Arguments of `make`. Part of the fingerprint.
    """

    name: str
    kind: ModelKind
    make: Callable[..., OnlineModel]
    parameters: Mapping[str, object] = field(default_factory=dict)

    def build(self) -> OnlineModel:
        """Make an untrained model."""
        return self.make(**self.parameters)

    def fingerprint(self) -> str:
        """Say in words what decides its bits."""
        return f"{self.name} ({self.kind}): {_say(self.make)}({_say(self.parameters)})"


def _say(value: object) -> str:
    """Name things so that the same ones have the same name in every process: repr of a function has its address."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_say(part)}" for name, part in sorted(value.items()))
    if is_dataclass(value) and not isinstance(value, type):
        return (
            f"{_say(type(value))}({_say({part.name: getattr(value, part.name) for part in fields(value)})})"
        )
    if callable(value):
        return f"{value.__module__}.{getattr(value, '__qualname__', '')}"
    return repr(value)


@dataclass(frozen=True)
class TaskSpec:
    """One question that is asked of events.

    Parameters
    ----------
    name : str
        The task, as on the topics.
    question : str
        In words.
    kind : Kind
        What its answers are, and all that follows from that: the loss, the metrics, what a board shows.
    asks : callable
        Whether an event is a decision point of the task; `models.visits` says whether it is late.
    label : LabelRule
        When a decision point settles, and by what. An event of no visit, such as a review, can be settled at once or
        never.
    features : callable
        Makes the feature set in its first state.
    models : tuple of ModelSpec
        In the order of serving: the first that is not quarantined is served.
    batch : str, optional
        Where it is declared how batch models are trained, as ``module:name`` of a `models.batch.BatchTraining`.
        Imported by who trains alone: scikit-learn takes a second to import. Of kinds with a `batch_answer` only.
    at_visit_end : bool
        Whether it is asked once a visit, when that has ended (by order, `SessionEnded` or silence), of the last event
        of the visit that `asks` takes; what was seen is what was known at that event.
    needs_sessions : bool
        Whether it is asked only where the shop has sessions; a recorded one may have none.
    has_truth : bool
        Whether ``shop.truth`` tells of its decision points what its kind needs to know.
    """

    name: str
    question: str
    kind: Kind
    asks: Callable[[UserEvent], bool]
    label: LabelRule
    features: Callable[[], FeatureSet]
    models: tuple[ModelSpec, ...]
    batch: str | None = None
    at_visit_end: bool = False
    needs_sessions: bool = False
    has_truth: bool = False

    def __post_init__(self) -> None:
        if self.batch is not None and self.kind.batch_answer is None:
            msg = f"A task with batch models must be of a kind that has some. {self.name} is a {self.kind.name}."
            raise ValueError(msg)

    def fingerprint(self) -> list[str]:
        """Say what decides its bits: models with their parameters, features with their bounds."""
        features = (f"{f.name} [{f.low!r}, {f.high!r}]" for f in self.features().declared)
        asked = ", at the end of a visit" if self.at_visit_end else ""
        return [
            f"{self.name} {_say(self.kind)}, {_say(self.label)}{asked}",
            *(f"{self.name} model {model.fingerprint()}" for model in self.models),
            *(f"{self.name} feature {feature}" for feature in features),
        ]
