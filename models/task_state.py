"""One task of one partition: it asks its models and lets them learn, and puts out those that break."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, cast

from contracts.bounds import Label
from contracts.events import UserEvent
from contracts.features import feature_set_id
from contracts.records import Features, LateLabel, ModelInForce, ModelQuarantined, Outcome, Prediction
from models.deployments import Deployments
from models.kinds.kind import NoAnswer
from models.online.protocol import BlendsAnswers, LearnsUnlabelled, OnlineModel, learn_visit
from models.tasks import TaskSpec

__all__ = ["Asked", "Output", "TaskState"]

Output: TypeAlias = Prediction | Features | Outcome | LateLabel | ModelQuarantined | ModelInForce


class Asked(NamedTuple):
    """A decision point that waits for its label."""

    task: str
    offset: int
    event: UserEvent
    answers: dict[str, Any]
    x: dict[str, float]


class TaskState:
    """Features of a task, those of its models that still answer, and which batch models stand where.

    Parameters
    ----------
    spec : TaskSpec
        The task.
    partition : int
        As it stands in outputs.
    """

    def __init__(self, spec: TaskSpec, partition: int) -> None:
        self.spec = spec
        self.partition = partition
        self.features = spec.features()
        self.names = tuple(feature.name for feature in self.features.declared)
        self.feature_set = feature_set_id(spec.name, self.names)
        self.models: dict[str, OnlineModel | None] = {model.name: model.build() for model in spec.models}
        self.deployments = Deployments()
        # Who blends the answers of others is asked behind them. Noted, for to ask a protocol costs microseconds.
        self._blends = tuple(name for name, model in self.models.items() if isinstance(model, BlendsAnswers))
        self._order = sorted(self.models, key=self._blends.__contains__)

    def predict(self, x: dict[str, float], offset: int, out: list[Output]) -> dict[str, Any]:
        """Answers of all its models, None of those that are out; who breaks now is told in `out`."""
        answers: dict[str, Any] = dict.fromkeys(self.models)
        for name in self._order:
            model = self.models[name]
            if model is None:
                continue
            try:
                blends = name in self._blends
                given = cast(BlendsAnswers, model).blend(x, answers) if blends else model.predict_one(x)
                answers[name] = self.spec.kind.checked(given)
            except NoAnswer as error:
                self._quarantine(name, offset, f"predict_one {error}", out)
            except Exception as error:  # whatever a model raises is its own end, not the worker's
                self._quarantine(name, offset, f"{type(error).__name__} in predict_one: {error}", out)
        return answers

    def learn(self, those: list[Asked], label: Label | None, offset: int, out: list[Output]) -> None:
        """Let its models learn decision points of one label, or of none; who breaks now is told in `out`."""
        xs = [asked.x for asked in those]
        for name, model in self.models.items():
            if model is None:
                continue
            try:
                if label is not None and name in self._blends:
                    for asked in those:
                        cast(BlendsAnswers, model).learn_blend(asked.x, asked.answers, label)
                elif label is not None:
                    learn_visit(model, xs, label)
                elif isinstance(model, LearnsUnlabelled):
                    for x in xs:
                        model.learn_unlabelled(x)
            except Exception as error:  # as above
                self._quarantine(name, offset, f"{type(error).__name__} in learn_one: {error}", out)

    def _quarantine(self, name: str, offset: int, reason: str, out: list[Output]) -> None:
        self.models[name] = None
        out.append(
            ModelQuarantined(
                task=self.spec.name, model=name, partition=self.partition, offset=offset, reason=reason[:500]
            )
        )
