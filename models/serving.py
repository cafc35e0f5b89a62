"""Batch models beside the stream: all predictions of a turn at once, one matrix a model.

Their answers are written into predictions that online models have answered already, before anybody sees them. They
stand outside the chain: the last bits of an answer may depend on the size of the matrix, and a model that can't be had
answers nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.records import ModelQuarantined, Outcome, Prediction
from models.deployments import Deployment, Deployments
from models.kinds.kind import Kind
from models.tasks import TaskSpec

__all__ = ["BatchModel", "BatchModels", "NoBatchModels", "Unscored", "add_losses", "score"]

Floats = NDArray[np.float64]

_log = logging.getLogger(__name__)


class BatchModel(Protocol):
    """A trained model. It must depend on the row alone, and may raise: it is then out.

    Attributes
    ----------
    features : tuple of str
        Columns of its matrix, by the names under which features are logged.
    """

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the matrix."""
        ...

    def answer(self, matrix: Floats) -> Any:
        """Of a matrix (n, n_features), n answers: probabilities of the label 1, or expected values."""
        ...


class BatchModels(Protocol):
    """Trained models by their artefact's digest. Never raises."""

    def get(self, model_id: str, digest: str) -> BatchModel | None:
        """The model ``task/name@version`` with this very artefact; None while it can't be loaded."""
        ...

    def retain(self, answering: Collection[tuple[str, str]]) -> None:
        """Of these (id, digest) answers will be wanted from now on, and of no others."""
        ...


class NoBatchModels:
    """Has none."""

    def get(self, model_id: str, digest: str) -> BatchModel | None:
        """None."""
        return None

    def retain(self, answering: Collection[tuple[str, str]]) -> None:
        """Do nothing."""


class Unscored(NamedTuple):
    """A prediction that batch models have still to answer: those that stood there when it was asked."""

    prediction: Prediction
    x: dict[str, float]
    answering: tuple[Deployment, ...]
    champion: str | None


def score(
    spec: TaskSpec, deployments: Deployments, rows: Sequence[Unscored], models: BatchModels
) -> list[ModelQuarantined]:
    """Write the batch models' answers into predictions of one task, and choose anew who is served.

    Parameters
    ----------
    spec : TaskSpec
        The task.
    deployments : Deployments
        Its state at the end of the rows: who breaks is put out in it.
    rows : sequence of Unscored
        In the order of offsets.
    models : BatchModels
        Where they are to be had.

    Returns
    -------
    list of ModelQuarantined
        Who raised, or answered with something not finite, from the first such row on.
    """
    asked: dict[Deployment, list[Unscored]] = {}
    for row in rows:
        for one in row.answering:
            row.prediction.answers[one.name] = None
            asked.setdefault(one, []).append(row)
    quarantined: list[ModelQuarantined] = []
    for one, those in asked.items():
        if one in deployments.out:
            continue
        model = models.get(f"{spec.name}/{one.name}", one.digest)
        if model is None:
            continue
        answers, reason = _answers(spec.kind, model, [row.x for row in those])
        for row, said in zip(those, answers, strict=False):
            row.prediction.answers[one.name] = said
        if reason is not None:
            first = those[len(answers)].prediction
            deployments.out[one] = first.offset
            quarantined.append(
                ModelQuarantined(
                    task=spec.name,
                    model=one.name,
                    partition=first.partition,
                    offset=first.offset,
                    reason=reason[:_REASON_CHARACTERS],
                )
            )
    for prediction, _, _, champion in rows:
        if champion is not None and (answer := prediction.answers.get(champion)) is not None:
            prediction.model, prediction.prediction = champion, answer
    return quarantined


_REASON_CHARACTERS: Final = 500


def add_losses(spec: TaskSpec, outcome: Outcome) -> None:
    """Add the losses of answers that came after the label was settled: both happened in one turn."""
    if outcome.label is None:
        return
    for name, answer in outcome.answers.items():
        if name not in outcome.losses:
            outcome.losses[name] = None if answer is None else spec.kind.loss(outcome.label, answer)


def _answers(kind: Kind, model: BatchModel, rows: Sequence[dict[str, float]]) -> tuple[list[Any], str | None]:
    """The answers up to the first row that has none, and the reason of that."""
    try:
        matrix = np.array([[x[name] for name in model.features] for x in rows], dtype=np.float64)
    except KeyError as error:
        return [], f"wants a feature that is not there: {error}"
    try:
        return kind.checked_all(model.answer(matrix), len(rows))
    except Exception as error:  # noqa: BLE001 - whatever a model raises is its own end, not the worker's
        found, reason = _one_by_one(kind, model, matrix)
        if reason is None:
            _log.warning("%d rows at once raised %r, and none of them alone: slow answers", len(rows), error)
        return found, reason


def _one_by_one(kind: Kind, model: BatchModel, matrix: Floats) -> tuple[list[Any], str | None]:
    found: list[Any] = []
    for row in matrix:
        try:
            answers, reason = kind.checked_all(model.answer(row[np.newaxis]), 1)
        except Exception as error:  # noqa: BLE001 - as above
            return found, f"{type(error).__name__} in answer: {error}"
        if reason is not None:
            return found, reason
        found += answers
    return found, None
