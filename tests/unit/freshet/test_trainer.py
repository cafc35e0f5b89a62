"""A round of the trainer: what goes wrong in one task is told, and keeps nothing else from being looked after."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.errors import Unreachable
from freshet.commands.trainer import _round, _Teller
from freshet.trainer import News, Trainer, seen
from freshet.trainer_monitor import TrainerMonitor
from models.evaluate import gate
from models.tasks import TASKS, TaskSpec

BOTH = [TASKS["conversion"], TASKS["basket"]]


class Scripted(Trainer):
    """Does what a test says instead of what is due."""

    def __init__(self, teller: _Teller, script: dict[str, Any]) -> None:
        self.teller, self.script = teller, script

    def look_after(self, task: TaskSpec) -> None:
        """Raise or tell."""
        found = self.script[task.name]
        if isinstance(found, Exception):
            raise found
        for step in found:
            self.teller.tell(News(task.name, step, f"{step} of {task.name}"))


@dataclass
class Check:
    """A database that answers."""

    def problem(self) -> str | None:
        return None


@pytest.fixture
def teller() -> _Teller:
    return _Teller(TrainerMonitor(Check(), 30.0), is_json=True)


def test_what_fails_is_told_once_and_the_next_task_is_looked_after(teller, capsys):
    script = {"conversion": Unreachable("The database does not answer."), "basket": ["waiting"]}
    for _ in range(2):
        problem, looked_s = _round(Scripted(teller, script), BOTH, teller, threading.Event())
        assert (problem and problem.message, looked_s < 5.0) == ("The database does not answer.", True)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["task"], one["step"], one["said"]) for one in said] == [
        ("conversion", "failed", "The database does not answer. Tried again."),
        ("basket", "waiting", "waiting of basket"),
    ]


def test_a_mistake_of_ours_ends_it(teller):
    script = {"conversion": ZeroDivisionError(), "basket": []}
    with pytest.raises(ZeroDivisionError):
        _round(Scripted(teller, script), BOTH, teller, threading.Event())


def test_time_that_went_into_a_training_is_no_reason_to_look_less_often(teller):
    script = {"conversion": ["training", "trained"], "basket": ["training"]}
    assert _round(Scripted(teller, script), BOTH, teller, threading.Event()) == (None, 0.0)


def test_once_the_end_is_asked_for_no_task_is_begun(teller):
    told = threading.Event()
    told.set()
    assert _round(Scripted(teller, {}), BOTH, teller, told) == (None, 0.0)


def test_the_gate_is_said_with_what_it_saw_and_what_it_asks_for():
    assert seen(gate([], [], [])) == "not yet: nothing was answered by both"
    few = gate([0.1, 0.2], [0.3, 0.2], ["a", "b"])
    assert seen(few).startswith("not yet: 2 of 500 sessions, saves +0.1000 a label (at least ")
    assert seen(few).endswith("asked for +0.0013)")
    names = [f"s{n}" for n in range(2_000)]
    passed = gate([0.2 + n % 2 / 10 for n in range(2_000)], [0.4] * 2_000, names)
    assert seen(passed).startswith("passed: 2,000 sessions, saves +0.1500 a label (at least +0.1")
