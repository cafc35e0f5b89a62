"""What the trainer does for a task, step by step, where something is not as it left it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from consumers.lifecycle import DeploymentHistory
from consumers.trainer.trainer import News, Trainer
from contracts.errors import FreshetError, UsageError
from contracts.model_version import ModelVersion, Signature
from infra.postgres import ModelChange
from models.evaluate import GateReport, gate
from models.tasks import TASKS, TaskSpec

TASK = TASKS["conversion"]
NAMES = tuple(feature.name for feature in TASK.features().declared)
MANY = [f"s{n}" for n in range(2_000)]
PASSED = gate([0.2 + n % 2 / 10 for n in range(2_000)], [0.4] * 2_000, MANY)
NOT_YET = gate([], [], [])


def change(action: Any, number: int) -> ModelChange:
    return ModelChange(
        id=f"{action}-{number}", task=TASK.name, action=action, model=f"trees@{number}", digest=""
    )


class Shop:
    """Registry and changes of a shop, as far as the trainer asks: it is also the `Life`, held to the same rules."""

    def __init__(self, labels: int, *done: ModelChange, pending: ModelChange | None = None) -> None:
        self.versions: list[ModelVersion] = []
        for _ in range(2):
            self.register(labels)
        self.now = DeploymentHistory()
        for one in done:
            self.now.take(one)
        self.pending = pending

    def register(self, labels: int) -> None:
        """Register one more version."""
        self.versions.append(
            ModelVersion(
                task=TASK.name, name="trees", version=len(self.versions) + 1, digest="0" * 64, libraries={},
                signature=Signature(features=NAMES, answer="probability"), code_version="0", data_window={},
                parameters={}, metrics={"labels": labels},
            )
        )  # fmt: skip

    def list(self, _task: str) -> list[ModelVersion]:
        """All versions."""
        return self.versions

    def settle(self) -> None:
        """What was left pending is done."""
        if self.pending is not None:
            self.now.take(self.pending)
            self.pending = None

    def history(self, _task: str) -> DeploymentHistory:
        """Who stands where."""
        return self.now

    def _do(self, action: Any, model_id: str, wanted: str | None) -> ModelChange:
        number = int(model_id.rpartition("@")[2])
        stage = self.now.stages().get(f"trees@{number}")
        if stage != wanted:
            message = f"{model_id} must be {wanted}. It is {stage}."
            raise UsageError(message)
        self.now.take(done := change(action, number))
        return done

    def shadow(self, model_id: str) -> ModelChange:
        """Let it answer."""
        return self._do("shadow", model_id, None)

    def promote(self, model_id: str) -> ModelChange:
        """Serve it."""
        return self._do("promote", model_id, "shadow")

    def retire(self, model_id: str) -> ModelChange:
        """Let it answer no more."""
        return self._do("retire", model_id, "shadow")


class OfShop(Trainer):
    """A trainer of such a shop."""

    fails: Exception = FreshetError("Of one class only.")

    def __init__(
        self, shop: Shop, labels: int, report: GateReport = NOT_YET, broken: str | None = None
    ) -> None:
        self.news: list[News] = []
        super().__init__(
            None, shop, None, least_labels=2_000, budget_s=0.0, tell=self.news.append, stop=threading.Event()
        )
        self.shop, self.labels, self.report, self.broken = shop, labels, report, broken

    def steps(self) -> list[str]:
        """Look after it; what was done."""
        self.news.clear()
        self.look_after(TASK)
        return [one.step for one in self.news]

    def _count(self, _task: TaskSpec, _features: list[str]) -> int:
        return self.labels

    def _train(self, _task: TaskSpec, _labels: int) -> None:
        raise self.fails

    def _history(self, _task: TaskSpec) -> DeploymentHistory:
        copied = DeploymentHistory()
        for one in self.shop.now.since.values():
            copied.take(one)
        return copied

    @contextmanager
    def _life(self) -> Iterator[Any]:
        self.shop.settle()
        yield self.shop

    def _evidence(self, _version: ModelVersion, _history: DeploymentHistory) -> GateReport:
        return self.report

    def _broken(self, _version: ModelVersion) -> str | None:
        return self.broken


def test_who_is_in_quarantine_is_retired_once_and_the_gate_is_not_asked():
    shop = Shop(6_000, change("shadow", 2))
    trainer = OfShop(shop, 6_000, PASSED, "it answered with nan")
    assert trainer.steps() == ["retired"]
    assert trainer.news[0].said == "trees@2 is retired because it broke: it answered with nan"
    assert shop.now.stages() == {"trees@2": "retired"}


def test_a_shadow_that_a_killed_trainer_left_unsettled_is_on_trial_already():
    shop = Shop(6_000, change("shadow", 1), pending=change("shadow", 2))
    assert OfShop(shop, 6_000).steps() == ["retired", "gate"]
    assert shop.now.stages() == {"trees@1": "retired", "trees@2": "shadow"}


def test_a_promotion_that_a_killed_trainer_left_unsettled_is_not_done_again():
    shop = Shop(6_000, change("shadow", 2), pending=change("promote", 2))
    assert OfShop(shop, 6_000, PASSED).steps() == ["gate"]
    assert shop.now.champion == "trees@2"


def test_a_retirement_that_a_killed_trainer_left_unsettled_is_not_done_again():
    shop = Shop(6_000, change("shadow", 1), change("shadow", 2), pending=change("retire", 1))
    assert OfShop(shop, 6_000).steps() == ["gate"]


@pytest.mark.parametrize(
    "error", [FreshetError("Of one class only."), OSError(28, "No space left on device")]
)
def test_a_training_that_fails_keeps_the_shadow_before_from_nothing(error: Exception):
    shop = Shop(6_000, change("shadow", 2))
    trainer = OfShop(shop, 9_000, PASSED)
    trainer.fails = error
    with pytest.raises(type(error)) as caught:
        trainer.steps()
    assert caught.value is error
    assert [one.step for one in trainer.news] == ["gate", "promoted"]
