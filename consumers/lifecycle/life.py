"""A model's life: shadow, champion, retired. Each step is one change; after a kill at any point it is done or void.

The order of writes: the row ``pending`` in Postgres, the transaction on the log, the row ``done`` with the offsets. The
log decides: the next instance looks there whether a pending change was made.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from consumers.lifecycle.activation import Activations, Move
from consumers.lifecycle.deployment_history import DeploymentHistory, history_of
from consumers.lifecycle.evidence import evidence
from consumers.lifecycle.why import quarantined
from contracts.errors import FreshetError, UsageError
from contracts.records import ModelChanged
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import topic_id
from infra.postgres import ModelChange, ModelChangeStore, Registered
from infra.signatures import Signatures
from models.evaluate import GateReport
from models.tasks import TASKS

__all__ = ["Life", "NotPromoted"]


class NotPromoted(FreshetError):
    """The gate does not let the model pass; `report` says what it saw."""

    def __init__(self, message: str, *, report: GateReport, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.report = report


class Life:
    """Changes which batch models of a shop answer. Close it.

    Opening one fences other instances and resolves pending changes.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    store : ModelChangeStore
        Where changes are kept.
    signatures : Signatures
        Of the installation and this log.
    fault : callable
        Called with `consumers.lifecycle.FAULT_POINTS`.
    """

    def __init__(
        self,
        bootstrap: str,
        namespace: str,
        store: ModelChangeStore,
        signatures: Signatures,
        fault: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self._bootstrap = bootstrap
        self._namespace = namespace
        self._store = store
        self._fault = fault
        self._log = topic_id(bootstrap, topic_name(USER_EVENTS, namespace))
        self._activations = Activations(bootstrap, namespace, signatures, fault)
        self._settle()

    def close(self) -> None:
        """Close all sockets but the store's."""
        self._activations.close()

    def history(self, task: str) -> DeploymentHistory:
        """The stage of each model."""
        return history_of(self._store.of_log(self._log), task)

    def shadow(self, model_id: str) -> ModelChange:
        """Let a model answer, unserved.

        Raises
        ------
        UsageError
            If there is no such model, it answers already, or it is in quarantine.
        """
        model = self._registered(model_id)
        self._must_be_sound(model_id, model)
        history = self.history(model.task)
        if model.name in history.since:
            message = f"{model_id} must not answer yet. It is {history.stages()[model.name]} already."
            raise UsageError(message)
        return self._change("shadow", model, [_move(model, "shadow")], history)

    def promote(
        self, model_id: str, *, force: bool = False, progress: Callable[[int], None] = lambda _labels: None
    ) -> ModelChange:
        """Make a model the champion, if the gate says yes.

        Raises
        ------
        UsageError
            If there is no such model, it is champion already, it is in quarantine, or it is no shadow (and `force` is
            false).
        NotPromoted
            If the gate says no, and `force` is false.
        """
        model = self._registered(model_id)
        history = self.history(model.task)
        if history.champion == model.name:
            message = f"{model_id} is already champion."
            raise UsageError(message)
        self._must_be_sound(model_id, model)
        report = None
        if model.name in history.since:
            report = evidence(
                self._bootstrap,
                self._namespace,
                task=model.task,
                candidate=model.name,
                champion=history.champion,
                since=history.both_since(model.name),
                progress=progress,
            )
        if not force:
            _must_pass(model_id, model, report)
        return self._change(
            "promote",
            model,
            [_move(model, "champion")],
            history,
            replaced=history.champion,
            forced=force and not (report is not None and report.passed),
            evidence=None if report is None else report.as_json(),
        )

    def rollback(self, task: str) -> ModelChange:
        """Retire the champion of a task, and make the previous one champion again.

        If there is none, an online model is served. Models in quarantine are skipped.

        Raises
        ------
        UsageError
            If there is no such task, or it has no batch champion.
        """
        if task not in TASKS:
            message = f"A task must be one of {', '.join(TASKS)}. Got {task!r}."
            raise UsageError(message)
        history = self.history(task)
        champion = history.champion
        if champion is None:
            message = f"{task} must have a champion among batch models. An online model is served."
            raise UsageError(message)
        model = _of_name(task, champion, history.digests[champion])
        moves = [_move(model, "retired")]
        before = history.before_but(quarantined(self._bootstrap, self._namespace, task))
        if before is not None:
            moves.append(_move(_of_name(task, before, history.digests[before]), "champion"))
        return self._change("rollback", model, moves, history, replaced=before)

    def retire(self, model_id: str) -> ModelChange:
        """Stop a shadow from answering.

        Raises
        ------
        UsageError
            If it is no shadow.
        """
        model = self._registered(model_id)
        history = self.history(model.task)
        stage = history.stages().get(model.name, "registered")
        if stage != "shadow":
            hint = f"`freshet rollback {model.task}` takes a champion back." if stage == "champion" else None
            message = f"{model_id} must be a shadow. It is {stage}."
            raise UsageError(message, hint=hint)
        return self._change("retire", model, [_move(model, "retired")], history)

    def _registered(self, model_id: str) -> Registered:
        model = self._store.registered(model_id)
        if model.task not in TASKS:
            message = f"{model_id} must be of one of the tasks {', '.join(TASKS)}."
            raise UsageError(message)
        return model

    def _must_be_sound(self, model_id: str, model: Registered) -> None:
        """Refuse a model that is in quarantine, even by force: an online model would be served in its place."""
        out = quarantined(self._bootstrap, self._namespace, model.task).get(model.name)
        if out is not None:
            message = (
                f"{model_id} must not be in quarantine. It broke in partition {out.partition} at offset "
                f"{out.offset:,}: {out.reason}"
            )
            raise UsageError(message, hint="It does not come back; another version may.")

    def _change(
        self, action: Any, model: Registered, moves: Sequence[Move], history: DeploymentHistory, **more: Any
    ) -> ModelChange:
        change = ModelChange(
            id=uuid.uuid4().hex,
            task=model.task,
            action=action,
            model=model.name,
            digest=model.digest,
            log_ends=self._activations.log_ends(),
            **more,
        )
        self._store.begin(change, self._log)
        self._fault("after begin")
        changed = ModelChanged(
            change=change.id,
            task=change.task,
            action=change.action,
            model=change.model,
            replaced=change.replaced,
            forced=change.forced,
        )
        self._activations.write(changed, moves)
        return self._finish(change, history)

    def _finish(self, change: ModelChange, history: DeploymentHistory) -> ModelChange:
        offsets = self._activations.find(change.id, change.log_ends)
        if not offsets:
            self._store.void(change)
            return replace(change, state="void")
        done = replace(change, state="done", offsets=offsets)
        history.take(done)
        self._store.done(done, offsets, history.stages())
        return done

    def _settle(self) -> None:
        changes = self._store.of_log(self._log)
        for number, change in enumerate(changes):
            if change.state == "pending":
                changes[number] = self._finish(change, history_of(changes, change.task))


def _must_pass(model_id: str, model: Registered, report: GateReport | None) -> None:
    if report is None:
        message = f"{model_id} must be a shadow before it can be promoted: only then there is evidence."
        raise UsageError(message, hint=f"freshet shadow {model_id}")
    if not report.passed:
        message = f"{model_id} does not pass the gate. {report.why}"
        raise NotPromoted(message, report=report, hint="Wait for more labels, or --force, which is noted.")


def _move(model: Registered, stage: Any) -> Move:
    return Move(model.model, model.version, model.digest, stage)


def _of_name(task: str, name: str, digest: str) -> Registered:
    model, _, version = name.rpartition("@")
    return Registered(task, model, version, digest)
