"""What of a record can be believed: anybody on the machine may write to a topic. Pure.

A record is its owner's only where its owner writes, and speaks of tasks and models that somebody knows: online models
stand in the portfolio, batch models in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from msgspec.structs import replace

from contracts.codec import time_ms
from contracts.features import feature_set_id
from contracts.records import (
    Features,
    FeatureSetDeclared,
    LateLabel,
    Metrics,
    ModelChanged,
    ModelInForce,
    ModelQuarantined,
    Outcome,
    Prediction,
    is_batch,
)
from contracts.views import OutcomeLosses, PredictionAnswers, PredictionHead
from models.tasks import TASKS, TaskSpec

__all__ = ["OF_ANY_TIME", "Known", "MainInput", "any_batch", "believed"]

R = TypeVar("R")

_ONLY: Final = 0  # of topics that have one partition


def any_batch(task: str, model: str) -> bool:
    """Take every batch model for registered: for readers that have no registry to ask."""
    return True


class MainInput(Protocol):
    """How far the main input has come, at least; may block, for it may ask a broker."""

    def has(self, partition: int, offset: int) -> bool:
        """Whether there is, or was, such a record."""

    def has_come_to(self, partition: int, time_ms: int) -> bool:
        """Whether the partition's clock is within a day of a time, or has not ticked yet."""


@dataclass(frozen=True)
class Known:
    """What is known when a record is read.

    Parameters
    ----------
    has_batch : callable
        Of (task, ``name@version``): whether the registry has it.
    partitions : int, optional
        Of the main input; None where the reader does not know.
    has_online : callable, optional
        Of (task, name): whether it is an online model; those of the portfolio by default.
    of_before : bool
        Take models, too, that are in no portfolio of now: for readers that tell what once was.
    log : MainInput, optional
        What outcomes and quarantines are held to; None where the reader does not look there.
    tasks : mapping of str to TaskSpec
        The portfolio.
    """

    has_batch: Callable[[str, str], bool]
    partitions: int | None = None
    has_online: Callable[[str, str], bool] | None = None
    of_before: bool = False
    log: MainInput | None = None
    tasks: Mapping[str, TaskSpec] = field(default_factory=lambda: TASKS)

    def has(self, task: str, model: str) -> bool:
        """Whether `model` is one of the task's.

        Examples
        --------
        >>> known = Known(has_batch=lambda task, model: model == "a@1")
        >>> known.has("basket", "mean"), known.has("basket", "a@1"), known.has("basket", "b@1"), known.has("x", "a@1")
        (True, True, False, False)
        """
        spec = self.tasks.get(task)
        if spec is None:
            return False
        if is_batch(model):
            return self.has_batch(task, model)
        if self.has_online is not None:
            return self.has_online(task, model)
        return self.of_before or any(m.name == model for m in spec.models)

    def has_partition(self, partition: int) -> bool:
        """Whether the main input has it, as far as that is known."""
        return self.partitions is None or partition < self.partitions

    def has_seen(self, partition: int, offset: int) -> bool:
        """Whether the main input has come to an offset, as far as that is known."""
        return self.log is None or self.log.has(partition, offset)

    def has_come_to(self, partition: int, time: str) -> bool:
        """Whether a partition has come to an event time, as far as that is known."""
        return self.log is None or self.log.has_come_to(partition, time_ms(time))


OF_ANY_TIME: Final = Known(any_batch, of_before=True)
"""For readers that tell what once was, and have no registry to ask."""


def believed(record: R, partition: int, known: Known) -> R | None:
    """What can be believed of a record, None if nothing can.

    Parameters
    ----------
    record : one of `contracts.records` or `contracts.views`
        As `contracts.codec.decode` gives it.
    partition : int
        Of its topic, where it lies.
    known : Known
        Tasks and models.

    Returns
    -------
    record
        The same, or a copy without the models that nobody knows: they were in a portfolio of before, or are made up.
        What tells of none but such is not believed.
    """
    one: Any = record
    match one:
        case Outcome() | OutcomeLosses() | Prediction() | PredictionAnswers() | PredictionHead():
            one = _answered(one, known) if one.partition == partition else None
        case Features():
            one = one if one.task in known.tasks and known.has_seen(partition, one.offset) else None
        case FeatureSetDeclared():
            is_own = partition == _ONLY and one.task in known.tasks
            one = one if is_own and one.feature_set == feature_set_id(one.task, one.names) else None
        case LateLabel():
            one = one if one.partition == partition else None
        case ModelQuarantined() | ModelInForce():
            may_be = is_batch(one.model) or isinstance(one, ModelQuarantined)
            is_known = known.has_partition(one.partition) and known.has(one.task, one.model)
            is_known = is_known and known.has_seen(one.partition, one.offset)
            one = one if partition == _ONLY and may_be and is_known else None
        case ModelChanged():
            one = one if partition == _ONLY and known.has(one.task, one.model) else None
        case Metrics():
            one = _without_unknown(one, "models", known) if partition == _ONLY else None
    found: R | None = one
    return found


def _answered(one: Any, known: Known) -> Any:
    spec = known.tasks.get(one.task)
    model, label = getattr(one, "model", None), getattr(one, "label", None)
    if spec is None or (model is not None and not known.has(one.task, model)):
        return None
    if label is not None and not spec.kind.is_label(label):
        return None
    time = getattr(one, "settled_time", None) or getattr(one, "time", None)
    if time is not None and not known.has_come_to(one.partition, time):
        return None
    answers = (*getattr(one, "answers", {}).values(), getattr(one, "prediction", None))
    if not all(spec.kind.is_answer(answer) for answer in answers if answer is not None):
        return None
    for name in ("answers", "losses"):
        if one is not None and getattr(one, name, None):
            one = _without_unknown(one, name, known)
    return one


def _without_unknown(one: Any, name: str, known: Known) -> Any:
    said = getattr(one, name)
    models = {model: value for model, value in said.items() if known.has(one.task, model)}
    if len(models) == len(said):
        return one if said else None
    return replace(one, **{name: models}) if models else None
