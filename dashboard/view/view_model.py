"""What the live board shows, as plain values: filled by `dashboard.view.build`, drawn by `dashboard.terminal.board`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.bounds import Answer

__all__ = ["BatchSide", "LatestAnswer", "ModelView", "TaskView", "View"]


@dataclass(frozen=True)
class ModelView:
    """One model of a task.

    Parameters
    ----------
    name, kind : str
        As declared by its task, or ``batch``; ``baseline`` and ``frozen`` ones are to be beaten.
    metrics : mapping
        By name, over the window.
    history : tuple of float or None
        The metric of the sparkline, oldest first.
    stage : str
        Of a batch model: ``shadow``, ``champion`` or ``quarantine``.
    fewer_labels : int or None
        Where it answered only some of the window's labels: how many. None where it answered all, or none.
    """

    name: str
    kind: str
    metrics: Mapping[str, float | None]
    history: tuple[float | None, ...] = ()
    stage: str = ""
    fewer_labels: int | None = None


@dataclass(frozen=True)
class TaskView:
    """One task: its models and, where the shop is simulated, the lines of its oracle.

    `served` is the model whose answers are served, online or batch, None while that is not known; `deployment` says
    since when a batch model is champion, or what befell it; `batch` what was done last about batch models.
    """

    name: str
    question: str
    metrics: tuple[str, ...]
    charted: str
    labels: int = 0
    window_labels: int = 0
    models: tuple[ModelView, ...] = ()
    oracle: Mapping[str, float | None] = field(default_factory=dict)
    served: str | None = None
    deployment: str = ""
    batch: str = ""


@dataclass(frozen=True)
class LatestAnswer:
    """One prediction, as it stood on the topic."""

    task: str
    time: str
    user_id: str
    event_id: str
    answer: Answer | None
    model: str | None
    latency_ms: float | None = None


@dataclass(frozen=True)
class BatchSide:
    """What happened last on the batch side.

    Parameters
    ----------
    etl : str
        What the ETL moved, or why it did not; empty before it is started.
    tasks : mapping of str to str
        By task, what the trainer did.
    """

    etl: str = ""
    tasks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """All of the board at one moment.

    Parameters
    ----------
    source : str
        Which shop: ``simulated shop, seed 7`` or the name of the file.
    state : str
        In a word or two: ``running``, ``stopping``.
    events, events_total : int
        User events sent so far; and at the end, if there is one.
    learner_lag, scoreboard_lag : int or None
        Records behind; None while not known.
    predictions, labels : mapping
        Counts by task.
    latest : tuple of LatestAnswer
        Newest last.
    etl : str
        What the ETL did last.
    held : str
        Where an open transaction holds the log of the main input, and whose it is.
    note : str
        The newest thing worth telling: a child was started again.
    """

    source: str
    bootstrap: str
    partitions: int
    state: str
    elapsed_s: float
    events: int = 0
    events_total: int | None = None
    events_per_s: float | None = None
    learner_lag: int | None = None
    scoreboard_lag: int | None = None
    predictions: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    dead_letters: int = 0
    passed_over: int = 0
    tasks: tuple[TaskView, ...] = ()
    latest: tuple[LatestAnswer, ...] = ()
    etl: str = ""
    held: str = ""
    note: str = ""
