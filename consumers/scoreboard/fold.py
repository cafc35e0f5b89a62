"""Records in, scores out: the join of labels with truth, counts and windows. Pure: it knows no socket and no clock.

Truth and label of a decision point come in either order. What came first waits for the other:

- truth, until its label is settled; at most a day of event time and `MOST_WAITING` a partition;
- a label without truth is stored as it is and completed later; it waits until the truth of its partition has passed
  its event time by `SILENCE_MS`, for truth comes in the order of time, and of a visit when that ends.

One event may be a decision point of several tasks: what waits is found by task and event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from consumers.scoreboard.board import TRUTH_TASK
from consumers.scoreboard.records import Kind
from consumers.scoreboard.windows import Windows
from contracts.codec import decode, time_ms
from contracts.errors import BadRecord
from contracts.labels import SILENCE_MS
from contracts.records import (
    DriftBegan,
    Metrics,
    ModelInForce,
    ModelNews,
    ModelQuarantined,
    Outcome,
    OutcomeRecord,
    TaskTruth,
    Truth,
    TruthRecord,
)
from contracts.topics import MODELS, OUTCOMES, PREDICTIONS, TRUTH
from contracts.views import PredictionAnswers, PredictionHead
from models.belief import Known, believed
from models.kinds import Lines, ScoredLabel

__all__ = ["MOST_WAITING", "Changes", "Fold", "Input", "State"]

R = TypeVar("R")

MOST_WAITING: Final = 200_000
_TRUTH_WAITS_MS: Final = 24 * 60 * 60 * 1000

Input = tuple[Kind, int, int, bytes | None]
"""What is read of a record: kind, partition, offset, value."""

_Settled = tuple[int, int, int, int, Outcome]

Point = tuple[str, str]
"""A task and an event of which it is asked."""


@dataclass
class State:
    """What lasts from one transaction to the next; `consumers.scoreboard.store` loads it.

    Parameters
    ----------
    settled_ms, truth_ms : dict of int to int
        The newest event time of each partition.
    totals : Counter of (kind, task, partition)
        Records so far.
    truths : dict of int to dict
        Truth that waits for its label, by partition and decision point.
    labels : dict of int to dict
        Labels that wait for their truth, by partition and decision point.
    served : dict of (task, partition) to model
        The model that was served last.
    out : dict of (task, partition) to dict
        The offsets from which a model is reported to be in quarantine.
    windows : Windows
        The newest labels of each task.
    """

    settled_ms: dict[int, int] = field(default_factory=dict)
    truth_ms: dict[int, int] = field(default_factory=dict)
    totals: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    truths: dict[int, dict[Point, Lines]] = field(default_factory=dict)
    labels: dict[int, dict[Point, ScoredLabel]] = field(default_factory=dict)
    served: dict[tuple[str, int], str | None] = field(default_factory=dict)
    out: dict[tuple[str, int], dict[str, set[int]]] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows)


@dataclass
class Changes:
    """What has to be written, in one transaction with the offsets.

    `truths_gone` are those to be deleted, if they were ever written; `completed` are labels whose truth came later;
    `back` are models that answered behind an offset, so that no quarantine of before holds.
    """

    labels: list[ScoredLabel] = field(default_factory=list)
    completed: list[ScoredLabel] = field(default_factory=list)
    truths: dict[tuple[int, Point], Lines] = field(default_factory=dict)
    truths_gone: list[tuple[int, Point]] = field(default_factory=list)
    drifts: list[tuple[int, DriftBegan]] = field(default_factory=list)
    quarantines: list[ModelQuarantined] = field(default_factory=list)
    back: list[tuple[str, str, int, int]] = field(default_factory=list)
    deployments: list[ModelInForce] = field(default_factory=list)
    metrics: list[Metrics] = field(default_factory=list)
    totals: set[tuple[str, str, int]] = field(default_factory=set)
    served: set[tuple[str, int]] = field(default_factory=set)
    partitions: set[int] = field(default_factory=set)
    records: int = 0


class _Foreign(Exception):  # noqa: N818 - a finding on the way, not an error
    """A record that its owner did not write, or that names an unknown task or model."""


class Fold:
    """Takes records in, batch by batch; `changes` collects until somebody `takes_changes`.

    Parameters
    ----------
    state : State
        Where to go on from; it is changed.
    known : Known
        Whose records are believed.
    """

    def __init__(self, state: State, known: Known) -> None:
        self.state = state
        self._known = known
        self.changes = Changes()
        self._handlers: dict[Kind, Callable[[int, int, bytes | None], None]] = {
            "truth": self._truth,
            "predictions": self._prediction,
            "models": self._model,
            "dead-letters": self._dead_letter,
        }

    def take(self, batch: Iterable[Input]) -> None:
        """Take in one batch: records of each partition in order, truth before outcomes.

        Labels of several partitions are joined in the order of event time, so that windows hardly depend on which
        partition was read first.
        """
        outcomes: list[_Settled] = []
        for kind, partition, offset, value in batch:
            self.changes.records += 1
            try:
                if kind == "outcomes":
                    self._settle(outcomes, partition, offset, value)
                else:
                    self._handlers[kind](partition, offset, value)
            except BadRecord:
                # Not ours, and counted: the audit judges topics, a board goes on with what it can read.
                self._count("unreadable", kind, partition)
            except _Foreign:
                self._count("foreign", kind, partition)
        outcomes.sort(key=lambda one: one[:3])
        for settled in outcomes:
            self._label(*settled)

    def taken_changes(self) -> Changes:
        """What must be written. Waiting labels and truth that are too many or too old are dropped first."""
        self._expire()
        changes, self.changes = self.changes, Changes()
        return changes

    def _believe(self, record: R, partition: int) -> R:
        if (found := believed(record, partition, self._known)) is None:
            raise _Foreign
        return found

    def _count(self, kind: str, task: str, partition: int) -> None:
        key = (kind, task, partition)
        self.state.totals[key] += 1
        self.changes.totals.add(key)

    def _prediction(self, partition: int, offset: int, value: bytes | None) -> None:
        predicted: PredictionHead = decode(PREDICTIONS, value, PredictionHead)
        predicted = self._believe(predicted, partition)
        self._count("predictions", predicted.task, partition)
        key = (predicted.task, partition)
        if self.state.served.get(key, "") != predicted.model:
            self.state.served[key] = predicted.model
            self.changes.served.add(key)
        if not self._known.tasks[predicted.task].label.settles:
            whole = self._believe(decode(PREDICTIONS, value, PredictionAnswers), partition)
            asked_ms = time_ms(whole.time)
            self._bring_back(whole)
            self._score(whole, None, (self._advance(partition, asked_ms), partition, offset, asked_ms))

    def _model(self, partition: int, offset: int, value: bytes | None) -> None:
        news: ModelNews = decode(MODELS, value)
        news = self._believe(news, partition)
        if isinstance(news, ModelQuarantined):
            self.changes.quarantines.append(news)
            out = self.state.out.setdefault((news.task, news.partition), {})
            out.setdefault(news.model, set()).add(news.offset)
        elif isinstance(news, ModelInForce):
            self.changes.deployments.append(news)

    def _dead_letter(self, partition: int, offset: int, value: bytes | None) -> None:
        self._count("dead_letters", "", partition)

    def _truth(self, partition: int, offset: int, value: bytes | None) -> None:
        truth: TruthRecord = decode(TRUTH, value)
        decided_ms = time_ms(truth.time)
        state = self.state
        state.truth_ms[partition] = max(state.truth_ms.get(partition, 0), decided_ms)
        self.changes.partitions.add(partition)
        if isinstance(truth, DriftBegan):
            self.changes.drifts.append((partition, truth))
            return
        if (found := self._lines(truth, decided_ms)) is None:
            raise _Foreign
        point, lines = found
        label = state.labels.get(partition, {}).pop(point, None)
        if label is None:
            state.truths.setdefault(partition, {})[point] = lines
            self.changes.truths[partition, point] = lines
        else:
            label.lines = lines
            self.changes.completed.append(label)
        self._count("truths", "", partition)

    def _lines(self, truth: Truth | TaskTruth, told_ms: int) -> tuple[Point, Lines] | None:
        """The truth in a record, and its decision point; None if no task uses it."""
        if isinstance(truth, Truth):
            lines = Lines(told_ms, truth.clairvoyant, truth.bayes, truth.bayes_blind)
            return (TRUTH_TASK, truth.event_id), lines
        task = self._known.tasks.get(truth.task)
        known = task.kind.lines(told_ms, truth.truth) if task is not None and task.has_truth else None
        return None if known is None else ((truth.task, truth.event_id), known)

    def _settle(self, outcomes: list[_Settled], partition: int, offset: int, value: bytes | None) -> None:
        record: OutcomeRecord = decode(OUTCOMES, value)
        record = self._believe(record, partition)
        if not isinstance(record, Outcome):
            self._count("late", "", partition)
            return
        decided_ms, settled_ms = time_ms(record.time), time_ms(record.settled_time)
        clock = self._advance(partition, settled_ms)
        self._bring_back(record)
        outcomes.append((clock, partition, offset, decided_ms, record))

    def _advance(self, partition: int, ms: int) -> int:
        clock = self.state.settled_ms[partition] = max(self.state.settled_ms.get(partition, 0), ms)
        self.changes.partitions.add(partition)
        return clock

    def _bring_back(self, outcome: Outcome | PredictionAnswers) -> None:
        """End the quarantine of a model that answers: its record was forged, or new code brought it back."""
        out = self.state.out.get((outcome.task, outcome.partition), {})
        for model, offsets in out.items():
            if (
                outcome.answers.get(model) is not None
                and min(offsets, default=outcome.offset) < outcome.offset
            ):
                out[model] = {offset for offset in offsets if offset >= outcome.offset}
                self.changes.back.append((outcome.task, model, outcome.partition, outcome.offset))

    def _label(self, settled_ms: int, partition: int, offset: int, decided_ms: int, outcome: Outcome) -> None:
        self._count("outcomes", outcome.task, partition)
        if outcome.label is None:
            return
        self._score(outcome, outcome.label, (settled_ms, partition, offset, decided_ms))

    def _score(self, answered: Outcome | PredictionAnswers, came: Any, at: tuple[int, int, int, int]) -> None:
        """Keep the part of the answers that metrics need; for a task without labels, as soon as they were given."""
        settled_ms, partition, offset, decided_ms = at
        kind = self._known.tasks[answered.task].kind
        label = ScoredLabel(
            answered.task,
            partition,
            offset,
            settled_ms,
            decided_ms,
            answered.event_id,
            answered.session_id,
            kind.kept_label(came),
            {m: None if a is None else kind.kept(came, a) for m, a in answered.answers.items()},
        )
        if self._known.tasks[label.task].has_truth:
            self._join(label)
        self._count("labels", label.task, partition)
        self.changes.labels.append(label)
        if (metrics := self.state.windows.add(label)) is not None:
            self.changes.metrics.append(metrics)

    def _join(self, label: ScoredLabel) -> None:
        point = (label.task, label.event_id)
        lines = self.state.truths.get(label.partition, {}).pop(point, None)
        if lines is None:
            self.state.labels.setdefault(label.partition, {})[point] = label
            return
        label.lines = lines
        key = (label.partition, point)
        if self.changes.truths.pop(key, None) is None:
            self.changes.truths_gone.append(key)

    def _expire(self) -> None:
        for partition, truths in self.state.truths.items():
            oldest_ms = self.state.settled_ms.get(partition, 0) - _TRUTH_WAITS_MS
            for point in list(truths):
                # In the order in which they came, which is that of time.
                if truths[point].decided_ms >= oldest_ms and len(truths) <= MOST_WAITING:
                    break
                del truths[point]
                if self.changes.truths.pop((partition, point), None) is None:
                    self.changes.truths_gone.append((partition, point))
                self._count("truths_dropped", "", partition)
        for partition, labels in self.state.labels.items():
            passed_ms = self.state.truth_ms.get(partition, 0) - SILENCE_MS
            hopeless = [point for point, label in labels.items() if label.decided_ms < passed_ms]
            hopeless += list(labels)[: max(0, len(labels) - len(hopeless) - MOST_WAITING)]
            for point in hopeless:
                labels.pop(point, None)
