"""A round of the trainer: what goes wrong in one task is told, and keeps nothing else from being looked after."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import pytest
import typer
from kafka.errors import KafkaConnectionError

from consumers.trainer.monitor import TrainerMonitor
from consumers.trainer.trainer import News, Trainer, seen
from contracts.errors import Unreachable
from freshet.cli.failures import INTERRUPTED
from freshet.commands.trainer import _once, _round, _Teller
from infra.waiting import Waiting
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
        for step in [found] if isinstance(found, Exception) else found:
            if isinstance(step, Exception):
                raise step
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
        problem, looked_s = _round(Scripted(teller, script), BOTH, teller, threading.Event(), " Tried again.")
        assert (problem and problem.message, looked_s < 5.0) == ("The database does not answer.", True)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["task"], one["step"], one["said"]) for one in said] == [
        ("conversion", "failed", "The database does not answer. Tried again."),
        ("basket", "waiting", "waiting of basket"),
    ]


@pytest.mark.parametrize("away", [Unreachable("No answer."), KafkaConnectionError("No answer.")])
def test_what_is_away_is_waited_for_in_two_lines_and_is_no_failure(teller, capsys, away):
    said: list[str] = []
    waiting = Waiting("The trainer", said.append)
    for found in (away, away, ["waiting"]):
        script = {"conversion": found, "basket": []}
        _round(Scripted(teller, script), BOTH, teller, threading.Event(), " Tried again.", waiting)
    waits, goes_on = said
    assert waits.startswith("The trainer waits: ") and "No answer." in waits
    assert goes_on.startswith("The trainer goes on after ")
    assert "failed" not in capsys.readouterr().out


def test_a_mistake_of_ours_ends_it(teller):
    script = {"conversion": ZeroDivisionError(), "basket": []}
    with pytest.raises(ZeroDivisionError):
        _round(Scripted(teller, script), BOTH, teller, threading.Event())


def test_time_that_went_into_a_training_is_no_reason_to_look_less_often(teller):
    script = {"conversion": ["training", "trained"], "basket": ["trained"]}
    assert _round(Scripted(teller, script), BOTH, teller, threading.Event()) == (None, 0.0)


@pytest.mark.parametrize("found", [["training", Unreachable("Away.")], Unreachable("Away."), ["training"]])
def test_a_training_or_a_look_that_fails_is_one(teller, found):
    _, looked_s = _round(Scripted(teller, {"basket": found}), BOTH[1:], teller, threading.Event())
    assert looked_s > 0.0


def test_one_round_ends_with_what_went_wrong_which_is_not_tried_again(teller, capsys):
    script = {"conversion": Unreachable("The database does not answer."), "basket": []}
    with pytest.raises(Unreachable):
        _once(Scripted(teller, script), BOTH, teller, threading.Event())
    assert json.loads(capsys.readouterr().out)["said"] == "The database does not answer."


def test_one_round_that_is_interrupted_says_so_by_its_exit_code(teller):
    told = threading.Event()
    _once(Scripted(teller, {"conversion": ["trained"], "basket": []}), BOTH, teller, told)
    told.set()
    with pytest.raises(typer.Exit) as ended:
        _once(Scripted(teller, {}), BOTH, teller, told)
    assert ended.value.exit_code == INTERRUPTED


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
