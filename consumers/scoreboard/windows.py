"""Windowed scores over time: one point a task for every so many labels, for ``ml.metrics`` and the sparklines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from consumers.scoreboard.board import WINDOW_LABELS, ordered
from contracts.codec import rfc3339
from contracts.records import Metrics
from models.kinds import Columns, ScoredLabel
from models.tasks import TASKS

__all__ = ["EVERY_LABELS", "Windows"]

EVERY_LABELS: Final = 1_000


class Windows:
    """The newest `WINDOW_LABELS` labels of each task, scored whenever `EVERY_LABELS` more have come."""

    def __init__(self) -> None:
        self._newest: dict[str, deque[ScoredLabel]] = {}
        self._labels: dict[str, int] = {}

    def restore(self, task: str, labels: int, newest: Iterable[ScoredLabel]) -> None:
        """Go on after `labels` labels of a task, of which `newest` are the last ones, oldest first."""
        self._labels[task] = labels
        self._newest[task] = deque(newest, maxlen=WINDOW_LABELS)

    def waiting(self, task: str) -> Iterable[ScoredLabel]:
        """Labels in the window without truth: objects that are completed when it comes."""
        return (label for label in self._newest.get(task, ()) if label.lines is None)

    def add(self, label: ScoredLabel) -> Metrics | None:
        """Take in one label; the scores where it completes `EVERY_LABELS` more, else None."""
        newest = self._newest.setdefault(label.task, deque(maxlen=WINDOW_LABELS))
        newest.append(label)
        count = self._labels.get(label.task, 0) + 1
        self._labels[label.task] = count
        return _metrics(label, count, newest) if count % EVERY_LABELS == 0 else None


def _metrics(label: ScoredLabel, count: int, newest: Iterable[ScoredLabel]) -> Metrics:
    task = label.task
    columns = Columns.of(newest).with_oracle()
    kind = TASKS[task].kind
    return Metrics(
        task=task,
        time=rfc3339(label.settled_ms),
        labels=count,
        window_labels=len(columns),
        models={model: kind.scores(columns, model) for model in ordered(task, columns)},
        oracle=kind.oracle(columns),
    )
