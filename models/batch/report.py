"""How good a trained model is on the newest slice, beside every model that answered the same rows then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import evaluate
from models.batch.examples import Examples
from models.tasks import TaskSpec

__all__ = ["Report", "report"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Report:
    """Figures of the newest slice.

    Parameters
    ----------
    rows, sessions : int
        How many there are.
    metrics : mapping of str to (mapping of str to float or None)
        By model, the candidate first, then as they were served.
    kinds : mapping of str to str
        ``batch``, ``online``, ``frozen`` or ``baseline``.
    left_out : tuple of str
        Models that did not answer all of the rows.
    rival : str or None
        The best online model.
    difference, error : float or None
        Mean loss of the candidate minus the rival's, and its standard error, clustered by session.
    """

    rows: int
    sessions: int
    metrics: Mapping[str, Mapping[str, float | None]]
    kinds: Mapping[str, str]
    left_out: tuple[str, ...]
    rival: str | None
    difference: float | None
    error: float | None

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the registry."""
        return {
            "rows": self.rows,
            "sessions": self.sessions,
            "models": {name: {"kind": self.kinds[name], **found} for name, found in self.metrics.items()},
            "left_out": list(self.left_out),
            "rival": self.rival,
            "difference": self.difference,
            "standard_error": self.error,
        }


def report(task: TaskSpec, name: str, answer: Floats, examples: Examples, rows: Ints) -> Report:
    """Hold a model's answers beside those that were given when the rows were asked.

    Parameters
    ----------
    task : TaskSpec
        What was asked.
    name : str
        Of the candidate.
    answer : ndarray of shape (len(rows),)
        Its answers.
    examples : Examples
        All of them.
    rows : ndarray
        The newest slice: row numbers in `examples`.
    """
    label, session = examples.label[rows], examples.session[rows]
    kinds: dict[str, str] = {model.name: model.kind for model in task.models}
    given = {other: answers[rows] for other, answers in examples.answers.items() if other != name}
    whole = {other: answers for other, answers in given.items() if np.isfinite(answers).all()}
    order = [*(other for other in kinds if other in whole), *sorted(set(whole) - set(kinds))]
    compared = {name: answer, **{other: whole[other] for other in order}}
    metrics = {other: task.kind.evaluation(label, answers, session) for other, answers in compared.items()}
    first = next(iter(metrics[name]))
    online = [other for other in order if kinds.get(other) == "online"]
    rival = min(online, key=lambda other: metrics[other][first] or 0.0, default=None)
    difference = error = None
    if rival is not None:
        better = task.kind.losses(label, answer) - task.kind.losses(label, whole[rival])
        difference, error = float(better.mean()), evaluate.clustered_se(better, session)
    return Report(
        rows=len(rows),
        sessions=len(np.unique(session)),
        metrics=metrics,
        kinds={other: "batch" if other == name else kinds.get(other, "batch") for other in compared},
        left_out=tuple(sorted(set(given) - set(whole))),
        rival=rival,
        difference=difference,
        error=error if error is not None and np.isfinite(error) else None,
    )
