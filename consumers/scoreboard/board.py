"""The board: all models of all tasks over the newest labels, and how they came through a drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from consumers.scoreboard.rows import Columns
from consumers.scoreboard.scoring import (
    classification,
    leaks,
    oracle,
    regression,
    reliability,
    standard_error,
)
from contracts.records import is_batch
from models.evaluate import recovery
from models.tasks import TASKS, TaskSpec

__all__ = [
    "BOARD_LABELS",
    "DRIFT_TASK",
    "DRIFT_WINDOW",
    "WINDOW_LABELS",
    "AfterDrift",
    "best_online",
    "board",
    "kind_of",
    "ordered",
]

BOARD_LABELS: Final = 50_000
WINDOW_LABELS: Final = 5_000
DRIFT_WINDOW: Final = 10_000
DRIFT_TASK: Final = "conversion"
_BACK_AT: Final = 0.80
_OF_WINDOW: Final = ("labels", "log_loss", "share_of_learnable", "share_se", "share_realised")


@dataclass(frozen=True)
class AfterDrift:
    """The newest drift, and the labels of what was decided after it.

    Parameters
    ----------
    at_events : int
        User events before it.
    began_ms : int
        Its event time.
    columns : Columns
        Labels of conversion decided since then, in order and without a gap from the first one on.
    """

    at_events: int
    began_ms: int
    columns: Columns


def board(newest: Mapping[str, Columns], drift: AfterDrift | None = None) -> dict[str, Any]:
    """All scores, as ``freshet demo --json`` prints them: its parts "tasks" and "drift".

    Parameters
    ----------
    newest : mapping of str to Columns
        The newest labels of each task, `BOARD_LABELS` at most, in the order of settlement.
    drift : AfterDrift, optional
        None where the shop has not changed.

    Returns
    -------
    dict
        Every figure of a task is over the same labels, or over those of them that the model answered: "labels" says how
        many these are. Where the truth of some is not known, those are left out.
    """
    tasks = {}
    for task, columns in newest.items():
        is_regression = task in TASKS and TASKS[task].kind == "regression"
        tasks[task] = _regression(task, columns) if is_regression else _classification(task, columns)
    return {"tasks": tasks, "drift": _drift(newest.get(DRIFT_TASK), drift)}


def kind_of(task: str, model: str) -> str:
    """``batch``, ``online``, ``baseline`` or ``frozen``; ``online`` for one that this code does not know."""
    if is_batch(model):
        return "batch"
    spec: TaskSpec | None = TASKS.get(task)
    return next((m.kind for m in spec.models if m.name == model), "online") if spec else "online"


def ordered(task: str, columns: Columns) -> list[str]:
    """The models that answered, in the task's order of serving, unknown ones last."""
    declared = [m.name for m in TASKS[task].models] if task in TASKS else []
    return [m for m in declared if m in columns.answers] + [m for m in columns.answers if m not in declared]


def best_online(task: str, columns: Columns) -> str | None:
    """The online model with the lowest log loss over `columns`."""
    losses = {
        m: classification(columns, m)["log_loss"] for m in columns.answers if kind_of(task, m) == "online"
    }
    known = [(loss, model) for model, loss in losses.items() if loss is not None]
    return min(known)[1] if known else None


def _classification(task: str, columns: Columns) -> dict[str, Any]:
    rows = columns.with_oracle().newest(BOARD_LABELS)
    window = rows.newest(WINDOW_LABELS)
    models = {}
    for model in ordered(task, rows):
        scores = classification(rows, model)
        recent = classification(window, model)
        models[model] = {
            "labels": scores.pop("labels"),
            "log_loss": scores.pop("log_loss"),
            "se": standard_error(rows, model),
            **scores,
            "calibration": reliability(rows, model),
            "window": {name: recent[name] for name in _OF_WINDOW},
        }
    return {"labels": len(rows), "oracle": {**oracle(rows), "leaks": leaks(rows)}, "models": models}


def _regression(task: str, columns: Columns) -> dict[str, Any]:
    rows = columns.newest(BOARD_LABELS)
    scores = {model: regression(rows, model) for model in ordered(task, rows)}
    return {
        "labels": len(rows),
        "models": {m: s for m, s in scores.items() if kind_of(task, m) != "baseline"},
        "baselines": {m: s for m, s in scores.items() if kind_of(task, m) == "baseline"},
    }


def _drift(newest: Columns | None, drift: AfterDrift | None) -> dict[str, Any] | None:
    if drift is None:
        return None
    found: dict[str, Any] = {
        "at_events": drift.at_events,
        "lowest_share": None,
        "back_above_0.80_after_decisions": None,
        "frozen_share_at_end": None,
    }
    if newest is None:
        return found
    best = best_online(DRIFT_TASK, newest.with_oracle())
    rows = drift.columns.with_oracle()
    if best is not None and best in rows.answers:
        seen = recovery(rows.bayes, rows.answers[best], level=_BACK_AT, window=DRIFT_WINDOW)
        found["lowest_share"] = seen.lowest_share
        back = seen.back_after_decisions
        # Never away: the lowest of many windows that are all above is noise, and the first one is the answer.
        never_away = seen.lowest_share is not None and seen.lowest_share >= _BACK_AT
        found["back_above_0.80_after_decisions"] = DRIFT_WINDOW if never_away else back
    last = newest.where(newest.decided_ms >= drift.began_ms).with_oracle().newest(DRIFT_WINDOW)
    frozen = next((m for m in ordered(DRIFT_TASK, last) if kind_of(DRIFT_TASK, m) == "frozen"), None)
    if frozen is not None and len(last) == DRIFT_WINDOW:
        found["frozen_share_at_end"] = classification(last, frozen)["share_of_learnable"]
    return found
