"""The life of batch models without people: trained when labels have grown, run as shadows, promoted by the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from consumers.trainer.trials import answering_name, is_new, labels_wanted, newest_trained, over

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from consumers.lifecycle import DeploymentHistory, Life
    from contracts.model_version import ModelVersion
    from contracts.settings import Settings
    from infra.postgres import ModelChangeStore, RegistryStore
    from models.evaluate import GateReport
    from models.tasks import TaskSpec

__all__ = ["News", "Step", "Trainer", "seen"]

Step: TypeAlias = Literal["waiting", "training", "trained", "shadow", "retired", "gate", "promoted", "failed"]


@dataclass(frozen=True)
class News:
    """One event in the life of a task's models.

    Parameters
    ----------
    task : str
        Of which task.
    step : Step
        What happened.
    said : str
        In words.
    facts : mapping
        For machines.
    """

    task: str
    step: Step
    said: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, at: str) -> dict[str, Any]:
        """As printed with ``--json``."""
        return {"at": at, "task": self.task, "step": self.step, "said": self.said, **self.facts}


class Trainer:
    """Looks after the batch models of a shop, one task at a time.

    It keeps no state: the registry has the trained models, and the table of changes their stages. Stages are changed
    through `consumers.lifecycle.Life`. It is opened for a change only, because opening one fences other instances.

    Parameters
    ----------
    settings : Settings
        Of broker and database, whose schema is there.
    registry, changes : RegistryStore, ModelChangeStore
        In that database.
    least_labels : int
        For the first training of a task.
    budget_s : float
        Of a training.
    tell : callable
        Told what happens.
    stop : Event
        Set when it is to end: a training or a look at the gate is then left where it is.
    """

    def __init__(
        self,
        settings: Settings,
        registry: RegistryStore,
        changes: ModelChangeStore,
        *,
        least_labels: int,
        budget_s: float,
        tell: Callable[[News], None],
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._changes = changes
        self._least_labels = least_labels
        self._budget_s = budget_s
        self._tell = tell
        self._stop = stop

    def look_after(self, task: TaskSpec) -> None:
        """Do what is due for a task: train, start a shadow, retire shadows, ask the gate.

        Raises
        ------
        FreshetError
            If something is away, can't be trained yet, or somebody else changes models: the next round tries again.
        """
        features = [feature.name for feature in task.features().declared]
        newest = newest_trained(self._registry.list(task.name), features)
        labels, wanted = self._count(task, features), labels_wanted(newest, self._least_labels)
        if labels >= wanted:
            try:
                self._train(task, labels)
            except Exception as error:
                try:
                    self._go_on_with_trials(task, features)  # the one before is not kept from the gate
                finally:
                    raise error  # also where that fails as well: the next round meets it again
        elif newest is None:
            said = f"waits for {wanted:,} labels in the database: {labels:,} so far"
            self._tell(News(task.name, "waiting", said, {"labels": labels, "wanted": wanted}))
        self._go_on_with_trials(task, features)

    def _go_on_with_trials(self, task: TaskSpec, features: list[str]) -> None:
        versions = self._registry.list(task.name)
        newest = newest_trained(versions, features)
        if newest is None or self._stop.is_set():
            return
        history = self._history(task)
        if is_new(newest, history):
            history = self._try_out(newest)
        if over(versions, newest, history):
            history = self._end_trials(versions, newest)
        if history.stages().get(answering_name(newest)) != "shadow":
            return
        if (broke := self._broken(newest)) is not None:
            self._take_out(newest, broke)
        else:
            self._ask_the_gate(newest, history)

    def _count(self, task: TaskSpec, features: list[str]) -> int:
        from infra.postgres import TrainingRows, database_of

        with database_of(self._settings) as database:
            return TrainingRows(database, task.name, features).count().usable

    def _train(self, task: TaskSpec, labels: int) -> None:
        from consumers.trainer.training import train_and_register
        from infra.signals import run_unless_stopped

        self._tell(News(task.name, "training", f"trains on {labels:,} labels", {"labels": labels}))
        done = run_unless_stopped(
            self._stop,
            lambda: train_and_register(self._settings, self._registry, task, [], self._budget_s),
        )
        if done is None:
            return
        version, trained, _ = done
        report = trained.report
        said = f"{answering_name(version)} was trained on {version.metrics['labels']:,} labels"
        if report.rival is not None and report.difference is not None:
            said += (
                f"; on the newest {report.rows:,} mean loss {report.difference:+.4f} against {report.rival}"
            )
        facts = {"model": answering_name(version), "labels": version.metrics["labels"]}
        self._tell(News(task.name, "trained", said, facts))

    def _history(self, task: TaskSpec) -> DeploymentHistory:
        from consumers.lifecycle import history_of
        from contracts.topics import USER_EVENTS, topic_name
        from infra.kafka import topic_id

        log = topic_id(self._settings.bootstrap, topic_name(USER_EVENTS, self._settings.namespace))
        return history_of(self._changes.of_log(log), task.name)

    @contextmanager
    def _life(self) -> Iterator[Life]:
        from consumers.lifecycle import Life
        from infra.signatures import signatures_of

        settings = self._settings
        life = Life(settings.bootstrap, settings.namespace, self._changes, signatures_of(settings))
        try:
            yield life
        finally:
            life.close()

    def _try_out(self, version: ModelVersion) -> DeploymentHistory:
        with self._life() as life:
            # A life settles what whoever was killed has left: it may be a shadow already.
            if is_new(version, life.history(version.task)):
                life.shadow(version.id)
                said = f"{answering_name(version)} answers as a shadow"
                self._tell(News(version.task, "shadow", said, {"model": answering_name(version)}))
            return life.history(version.task)

    def _end_trials(self, versions: list[ModelVersion], newest: ModelVersion) -> DeploymentHistory:
        with self._life() as life:
            for version in over(versions, newest, life.history(newest.task)):
                self._retire(life, version, "for a newer one")
            return life.history(newest.task)

    def _take_out(self, version: ModelVersion, reason: str) -> None:
        with self._life() as life:
            if life.history(version.task).stages().get(answering_name(version)) == "shadow":
                self._retire(life, version, f"because it broke: {reason}")

    def _retire(self, life: Life, version: ModelVersion, why: str) -> None:
        life.retire(version.id)
        said = f"{answering_name(version)} is retired {why}"
        self._tell(News(version.task, "retired", said, {"model": answering_name(version)}))

    def _broken(self, version: ModelVersion) -> str | None:
        """Why the model is in quarantine, or None."""
        from consumers.lifecycle import quarantined

        broken = quarantined(self._settings.bootstrap, self._settings.namespace, version.task)
        found = broken.get(answering_name(version))
        return None if found is None else found.reason

    def _evidence(self, version: ModelVersion, history: DeploymentHistory) -> GateReport:
        from consumers.lifecycle import evidence

        name = answering_name(version)
        return evidence(
            self._settings.bootstrap,
            self._settings.namespace,
            task=version.task,
            candidate=name,
            champion=history.champion,
            since=history.both_since(name),
        )

    def _ask_the_gate(self, version: ModelVersion, history: DeploymentHistory) -> None:
        from infra.signals import run_unless_stopped

        name = answering_name(version)
        report = run_unless_stopped(self._stop, lambda: self._evidence(version, history))
        if report is None:
            return
        said = f"gate: {name} {seen(report)}"
        self._tell(News(version.task, "gate", said, {"model": name, "evidence": report.as_json()}))
        if not report.passed:
            return
        with self._life() as life:
            # As above: it may be champion already.
            if life.history(version.task).stages().get(name) != "shadow":
                return
            change = life.promote(version.id)
        said = f"{name} is champion, in place of {change.replaced or 'the online model'}"
        self._tell(News(version.task, "promoted", said, {"model": name, "replaced": change.replaced}))


def seen(report: GateReport) -> str:
    """What the gate saw and decided, in a line."""
    says = "passed" if report.passed else "not yet"
    if report.effect is None:
        return f"{says}: nothing was answered by both"
    of = f" of {report.least_sessions:,}" if report.sessions < report.least_sessions else ""
    bound = "–" if report.lower_bound is None else f"{report.lower_bound:+.4f}"
    return (
        f"{says}: {report.sessions:,}{of} sessions, saves {report.effect:+.4f} a label "
        f"(at least {bound}, asked for {report.least_effect:+.4f})"
    )
