"""The pure fold over one partition: event in, predictions and outcomes out.

Follow one event through `Portfolio.step`: it moves the clock and settles what fell silent; it settles its own
visit or is late for it; it is predicted by every task that asks it; at last it enters the features. Models
learn when a label settles, never before. Nothing here sees a wall clock, a file or a random number, so the
same events in the same order give the same state to the last bit. Batch models answer in `Portfolio.complete`, once for
many events: of them the state knows which ones stand where, and the rest is outside that promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from contracts.bounds import Label
from contracts.codec import rfc3339
from contracts.events import (
    CartAdded,
    CartRemoved,
    ModelActivated,
    OrderPlaced,
    ProductViewed,
    SessionEnded,
    UserEvent,
)
from contracts.records import (
    Features,
    FeatureSetDeclared,
    LateLabel,
    ModelInForce,
    ModelQuarantined,
    Outcome,
    Prediction,
    is_batch,
)
from models.defining import defining_modules
from models.explanation import Explanation
from models.serving import BatchModels, Unscored, add_losses, score
from models.task_state import Asked, Output, TaskState
from models.tasks import TASKS, TaskSpec
from models.tasks.label_rules import Settled, Why
from models.visits import SettledVisit, Visits, visit_of
from models.watched import Watched

__all__ = ["Output", "Portfolio"]

# What is counted when it comes after its visit is settled.
_CAN_BE_LATE = (ProductViewed, CartAdded, CartRemoved, OrderPlaced)


class _Seen(NamedTuple):
    """The event of a decision point, and what is known at it."""

    event: UserEvent
    offset: int
    x: dict[str, float]


class _Settling(NamedTuple):
    """The record that settles decision points."""

    event: UserEvent
    offset: int
    why: Why


class Portfolio:
    """All tasks of one partition and their state; pickled whole, it goes on to the last bit.

    Parameters
    ----------
    partition : int
        Number of the partition, as it stands in the outputs.
    tasks : iterable of TaskSpec, optional
        Other tasks than all of `TASKS`.
    """

    def __init__(self, partition: int, tasks: Iterable[TaskSpec] | None = None) -> None:
        self.partition = partition
        self._tasks = {spec.name: TaskState(spec, partition) for spec in tasks or TASKS.values()}
        self._follows = any(task.spec.label.follows for task in self._tasks.values())
        self._visits: Visits[Asked] = Visits()
        # By visit and task, of those that are asked when a visit has ended.
        self._last: dict[str, dict[str, _Seen]] = {}
        # Both are empty wherever the state is looked at: between `complete` and the next `step`.
        self._unscored: dict[str, list[Unscored]] = {}
        self._unpriced: list[Outcome] = []
        if named := [m.name for t in self._tasks.values() for m in t.spec.models if is_batch(m.name)]:
            message = f"The name of an online model must have no @: batch models do. Got {named}."
            raise ValueError(message)

    @property
    def clock_ms(self) -> int:
        """Latest event time seen, 0 before the first event."""
        return self._visits.clock_ms

    @property
    def tasks(self) -> tuple[TaskSpec, ...]:
        """The tasks, in the order in which they are asked."""
        return tuple(task.spec for task in self._tasks.values())

    def feature_sets(self) -> list[FeatureSetDeclared]:
        """What the values of `Features` are called, by task."""
        return [
            FeatureSetDeclared(task=task.spec.name, feature_set=task.feature_set, names=task.names)
            for task in self._tasks.values()
        ]

    def watch(self, task: str, told: Callable[[str, dict[str, float], Explanation | None], None]) -> None:
        """Have it told, from now on, what the answers of a task's online models are made of.

        Parameters
        ----------
        task : str
            Of its tasks.
        told : callable
            Called with the name of a model, what was seen, and its `Explanation`, at each answer.
        """
        models = self._tasks[task].models
        for name, model in models.items():
            if model is not None:
                models[name] = Watched(model, partial(told, name))

    def fingerprint_parts(self) -> list[str]:
        """Name what decides its bits, beside the code itself and what it runs on."""
        return [part for task in self._tasks.values() for part in task.spec.fingerprint()]

    def modules(self) -> frozenset[str]:
        """Name the modules from which all code that decides its bits is reached by imports."""
        return defining_modules(task.spec for task in self._tasks.values()) | {__name__}

    def step(self, event: UserEvent, time_ms: int, offset: int) -> list[Output]:
        """Fold one event in.

        Parameters
        ----------
        event : UserEvent
            The event, as decoded.
        time_ms : int
            Its event time.
        offset : int
            Of its record in the partition.

        Returns
        -------
        list of Prediction, Features, Outcome, LateLabel, ModelQuarantined or ModelInForce
            First what silence settled, then what this event settles or is late for, then its predictions. Those of
            tasks with batch models are whole after `complete`.
        """
        out: list[Output] = []
        for settled in self._visits.advance(time_ms):
            self._settle(settled, _Settling(event, offset, "silence"), out)
        if isinstance(event, ModelActivated):
            self._activate(event, offset, out)
            return out
        visit = visit_of(event)
        if visit is not None:
            self._arrive(visit, event, time_ms, offset, out)
        elif _user_of(event):
            self._ask(event.id, event, time_ms, offset, out)
        for task in self._tasks.values():
            task.features.fold(event, time_ms)
        return out

    def complete(self, models: BatchModels) -> list[ModelQuarantined]:
        """Let batch models answer what was predicted since the last call, and add the losses of these answers.

        Parameters
        ----------
        models : BatchModels
            Where they are to be had.

        Returns
        -------
        list of ModelQuarantined
            Batch models that are out from now on.
        """
        quarantined: list[ModelQuarantined] = []
        for name, rows in self._unscored.items():
            task = self._tasks[name]
            quarantined += score(task.spec, task.deployments, rows, models)
        for outcome in self._unpriced:
            add_losses(self._tasks[outcome.task].spec, outcome)
        self._unscored.clear()
        self._unpriced.clear()
        models.retain(
            [
                (f"{name}/{one.name}", one.digest)
                for name, task in self._tasks.items()
                for one in task.deployments.answering
                if one not in task.deployments.out
            ]
        )
        return quarantined

    def _activate(self, event: ModelActivated, offset: int, out: list[Output]) -> None:
        task = self._tasks.get(event.task)
        if task is None:
            return
        task.deployments.take(event)
        out.append(
            ModelInForce(
                task=event.task,
                model=event.name,
                stage=event.stage,
                digest=event.digest,
                change=event.change,
                partition=self.partition,
                offset=offset,
                time=rfc3339(self.clock_ms),
            )
        )

    def _arrive(self, visit: str, event: UserEvent, time_ms: int, offset: int, out: list[Output]) -> None:
        if self._visits.is_settled(visit):
            if isinstance(event, _CAN_BE_LATE):
                out.append(self._late(visit, event, offset))
            return
        if isinstance(event, SessionEnded) and not self._visits.is_open(visit):
            return
        self._remember(visit, event, time_ms, offset)
        if isinstance(event, OrderPlaced):
            self._settle(self._visits.settle(visit), _Settling(event, offset, "order"), out)
        elif isinstance(event, SessionEnded):
            self._settle(self._visits.settle(visit), _Settling(event, offset, "ended"), out)
        else:
            waiting = self._visits.touch(visit)
            if self._follows:
                self._follow(visit, waiting, event, offset, out)
            waiting += self._ask(visit, event, time_ms, offset, out)

    def _remember(self, visit: str, event: UserEvent, time_ms: int, offset: int) -> None:
        for name, task in self._tasks.items():
            if task.spec.at_visit_end and task.spec.asks(event):
                last = _Seen(event, offset, task.features.values(event, time_ms))
                self._last.setdefault(visit, {})[name] = last

    def _ask(self, visit: str, event: UserEvent, time_ms: int, offset: int, out: list[Output]) -> list[Asked]:
        """Ask all tasks that ask this event; return what waits for its label."""
        waiting = []
        for task in self._tasks.values():
            if task.spec.at_visit_end or not task.spec.asks(event):
                continue
            seen = _Seen(event, offset, task.features.values(event, time_ms))
            asked = self._predict(task, visit, seen, offset, out)
            if not task.spec.label.settles:
                task.learn([asked], None, offset, out)
            elif (settled := task.spec.label.when_asked(event)) is not None:
                by = _Settling(event, offset, "at-once")
                out.append(self._outcome(task, asked, visit, settled, by))
                task.learn([asked], settled.label, offset, out)
            else:
                waiting.append(asked)
        return waiting

    def _predict(self, task: TaskState, visit: str, seen: _Seen, at: int, out: list[Output]) -> Asked:
        event, offset, x = seen
        answers = task.predict(x, at, out)
        served = next((name for name, answer in answers.items() if answer is not None), None)
        prediction = Prediction(
            task=task.spec.name,
            partition=self.partition,
            offset=offset,
            event_id=event.id,
            user_id=_user_of(event),
            session_id=visit,
            time=event.time,
            model=served,
            prediction=None if served is None else answers[served],
            answers=answers,
        )
        features = Features(
            task=task.spec.name,
            offset=offset,
            feature_set=task.feature_set,
            values=[x[name] for name in task.names],
        )
        out += (prediction, features)
        if task.deployments.answering:
            row = Unscored(prediction, x, task.deployments.answering, task.deployments.champion)
            self._unscored.setdefault(task.spec.name, []).append(row)
        return Asked(task.spec.name, offset, event, answers, x)

    def _settle(self, ended: SettledVisit[Asked], by: _Settling, out: list[Output]) -> None:
        order = by.event if by.why == "order" and isinstance(by.event, OrderPlaced) else None
        # By task: decision points of a visit that have the same label are learnt together.
        learnt: dict[str, list[tuple[Label, list[Asked]]]] = {}
        for asked in ended.waiting:
            task = self._tasks[asked.task]
            settled = task.spec.label.when_ended(asked.event, order)
            out.append(self._outcome(task, asked, ended.visit, settled, by))
            if settled.label is not None:
                runs = learnt.setdefault(asked.task, [])
                if not runs or runs[-1][0] != settled.label:
                    runs.append((settled.label, []))
                runs[-1][1].append(asked)
        for name, runs in learnt.items():
            for label, those in runs:
                self._tasks[name].learn(those, label, by.offset, out)
        for name, last in self._last.pop(ended.visit, {}).items():
            self._ask_at_end(self._tasks[name], ended.visit, last, by, out)

    def _ask_at_end(self, task: TaskState, visit: str, last: _Seen, by: _Settling, out: list[Output]) -> None:
        asked = self._predict(task, visit, last, by.offset, out)
        label = None
        if task.spec.label.settles:
            order = by.event if by.why == "order" and isinstance(by.event, OrderPlaced) else None
            settled = task.spec.label.when_asked(last.event) or task.spec.label.when_ended(last.event, order)
            out.append(self._outcome(task, asked, visit, settled, by))
            label = settled.label
        task.learn([asked], label, by.offset, out)

    def _follow(
        self, visit: str, waiting: list[Asked], event: UserEvent, offset: int, out: list[Output]
    ) -> None:
        """Settle what this event of the visit says the label of, before it is a decision point itself."""
        left: list[Asked] = []
        for asked in waiting:
            task = self._tasks[asked.task]
            settled = task.spec.label.when_followed(asked.event, event)
            if settled is None:
                left.append(asked)
            else:
                out.append(self._outcome(task, asked, visit, settled, _Settling(event, offset, "next")))
                task.learn([asked], settled.label, offset, out)
        waiting[:] = left

    def _outcome(self, task: TaskState, asked: Asked, visit: str, settled: Settled, by: _Settling) -> Outcome:
        label, loss = settled.label, task.spec.kind.loss
        losses: dict[str, float | None] = {}
        if label is not None:
            for name, answer in asked.answers.items():
                losses[name] = None if answer is None else loss(label, answer)
        outcome = Outcome(
            task=asked.task,
            partition=self.partition,
            offset=asked.offset,
            event_id=asked.event.id,
            user_id=_user_of(asked.event),
            session_id=visit,
            time=asked.event.time,
            label=label,
            why=by.why,
            settled_offset=by.offset,
            settled_time=by.event.time,
            answers=asked.answers,
            losses=losses,
        )
        if asked.task in self._unscored:
            self._unpriced.append(outcome)
        return outcome

    def _late(self, visit: str, event: UserEvent, offset: int) -> LateLabel:
        return LateLabel(
            partition=self.partition,
            offset=offset,
            event_id=event.id,
            user_id=_user_of(event),
            session_id=visit,
            time=event.time,
            event=type(event).__name__,
        )


def _user_of(event: UserEvent) -> str:
    return getattr(event, "user_id", "")
