"""How a task and its models are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from contracts.events import OrderPlaced, UserEvent
from models.features.declared import FeatureSet
from models.online.protocol import OnlineModel

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
        ``online``, ``baseline`` (must be beaten) or ``frozen`` (stopped to learn early, shows a drift).
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
    kind : str
        ``classification`` (answers are probabilities) or ``regression``.
    asks : callable
        Whether an event is a decision point of the task; `models.visits` says whether it is late.
    features : callable
        Makes the feature set in its first state.
    label : callable
        Label of the decision points of a visit that ends in this order.
    label_without_order : float or None
        Label of those of a visit that ends without; None: there is none.
    answer : callable
        Brings a model's finite answer into its range.
    loss : callable
        Of (label, answer).
    metrics : tuple of str
        What the board shows, the loss first.
    models : tuple of ModelSpec
        In the order of serving: the first that is not quarantined is served.
    """

    name: str
    question: str
    kind: Literal["classification", "regression"]
    asks: Callable[[UserEvent], bool]
    features: Callable[[], FeatureSet]
    label: Callable[[OrderPlaced], float]
    label_without_order: float | None
    answer: Callable[[float], float]
    loss: Callable[[float, float], float]
    metrics: tuple[str, ...]
    models: tuple[ModelSpec, ...]

    def fingerprint(self) -> list[str]:
        """Say what decides its bits: models with their parameters, features with their bounds."""
        features = (f"{f.name} [{f.low!r}, {f.high!r}]" for f in self.features().declared)
        return [
            *(f"{self.name} model {model.fingerprint()}" for model in self.models),
            *(f"{self.name} feature {feature}" for feature in features),
        ]
