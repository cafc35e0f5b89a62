"""The board: scores of all models of all tasks over the newest labels, and their recovery from a drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from contracts.records import is_batch
from models.evaluate import recovery
from models.kinds import Columns, Role
from models.tasks import TASKS, TaskSpec

__all__ = [
    "BOARD_LABELS",
    "DRIFT_WINDOW",
    "TRUTH_TASK",
    "WINDOW_LABELS",
    "AfterDrift",
    "best_online",
    "board",
    "ordered",
    "role_of",
]

BOARD_LABELS: Final = 50_000
WINDOW_LABELS: Final = 5_000
DRIFT_WINDOW: Final = 10_000
TRUTH_TASK: Final = next(task.name for task in TASKS.values() if task.has_truth)
"""The first task with a truth, of which `Truth` tells: what a drift did is seen on it."""
_BACK_AT: Final = 0.80
_SHARE: Final = "share_of_learnable"


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
        Labels of `TRUTH_TASK` decided since then, in order and without a gap from the first one on.
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
        All figures of a task are over the same labels, or over those that the model answered: "labels" is their number.
        Labels whose truth is not known are left out.
    """
    tasks = {}
    for task, columns in newest.items():
        if task in TASKS:  # else of a package that is no longer installed
            rows = columns.with_oracle().newest(BOARD_LABELS)
            spec = TASKS[task]
            scored = spec.kind.board(rows, ordered(task, rows), partial(role_of, task), WINDOW_LABELS)
            tasks[task] = {"kind": spec.kind.name, **scored}
    return {"tasks": tasks, "drift": _drift(newest.get(TRUTH_TASK), drift)}


def role_of(task: str, model: str) -> Role:
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
    """The online model with the lowest loss over `columns`."""
    kind = TASKS[task].kind
    losses = {
        m: kind.scores(columns, m)[kind.metrics[0].name]
        for m in columns.answers
        if role_of(task, m) == "online"
    }
    known = [(loss, model) for model, loss in losses.items() if loss is not None]
    return min(known)[1] if known else None


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
    best = best_online(TRUTH_TASK, newest.with_oracle())
    rows = drift.columns.with_oracle()
    if best is not None and best in rows.answers:
        seen = recovery(rows.bayes, rows.answers[best], level=_BACK_AT, window=DRIFT_WINDOW)
        found["lowest_share"] = seen.lowest_share
        back = seen.back_after_decisions
        # Never away: the lowest of many windows that are all above is noise, and the first one is the answer.
        never_away = seen.lowest_share is not None and seen.lowest_share >= _BACK_AT
        found["back_above_0.80_after_decisions"] = DRIFT_WINDOW if never_away else back
    last = newest.where(newest.decided_ms >= drift.began_ms).with_oracle().newest(DRIFT_WINDOW)
    frozen = next((m for m in ordered(TRUTH_TASK, last) if role_of(TRUTH_TASK, m) == "frozen"), None)
    if frozen is not None and len(last) == DRIFT_WINDOW:
        found["frozen_share_at_end"] = TASKS[TRUTH_TASK].kind.scores(last, frozen)[_SHARE]
    return found
