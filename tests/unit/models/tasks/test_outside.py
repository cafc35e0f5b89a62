"""What other packages may add, and what they are told where they may not."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from contracts.errors import EnvironmentProblem
from models.kinds import Ranking
from models.online import Prior
from models.tasks import TASKS
from models.tasks.outside import MODELS_GROUP, TASKS_GROUP, with_outside
from models.tasks.spec import ModelSpec, TaskSpec

OURS = (TASKS["conversion"], TASKS["basket"])
OTHER = TaskSpec(**{**vars(TASKS["basket"]), "name": "other"})
FIRST = TaskSpec(**{**vars(TASKS["basket"]), "name": "first"})
MEAN = ModelSpec("median", "online", Prior)
TAKEN = ModelSpec("prior", "online", Prior)


def task(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, TASKS_GROUP)


def model(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, MODELS_GROUP)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """This module under a name that an entry point can be loaded from."""
    import sys
    from types import ModuleType

    module = ModuleType("toys")
    vars(module).update(OTHER=OTHER, FIRST=FIRST, MEAN=MEAN, TAKEN=TAKEN, NUMBER=7)
    monkeypatch.setitem(sys.modules, "toys", module)


def test_tasks_come_after_ours_and_models_after_their_tasks_in_the_order_of_names() -> None:
    points = [task("b", "toys:OTHER"), task("a", "toys:FIRST")]
    found = with_outside(
        OURS, points, [model("basket.median", "toys:MEAN"), model("other.median", "toys:MEAN")]
    )
    assert list(found) == ["conversion", "basket", "first", "other"]
    assert [m.name for m in found["basket"].models] == [*(m.name for m in OURS[1].models), "median"]
    assert found["other"].models[-1].name == "median"
    assert found["conversion"] is OURS[0]
    assert list(with_outside(OURS, reversed(points), [])) == ["conversion", "basket", "first", "other"]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([task("a", "toys:NONE")], "a of toys:NONE can't be loaded. AttributeError: "),
        (
            [task("a", "no_such_toys:X")],
            "can't be loaded. ModuleNotFoundError: No module named 'no_such_toys'",
        ),
        ([task("a", "toys:NUMBER")], "must be a TaskSpec. Got int."),
        ([task("a", "toys:MEAN")], "must be a TaskSpec. Got ModelSpec."),
        ([task("a", "toys:OTHER"), task("b", "toys:OTHER")], "There is a task other already."),
    ],
)
def test_a_task_that_is_none_is_refused(points: list[EntryPoint], said: str) -> None:
    with pytest.raises(EnvironmentProblem) as refused:
        with_outside(OURS, points, [])
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (
            model("taste.median", "toys:MEAN"),
            "must be called task.model, with a task of conversion, basket and median",
        ),
        (model("basket.mean", "toys:MEAN"), "must be called task.model"),
        (model("conversion.prior", "toys:TAKEN"), "conversion has a model prior already."),
        (model("basket.median", "toys:OTHER"), "must be a ModelSpec. Got TaskSpec."),
    ],
)
def test_a_model_that_is_none_is_refused(point: EntryPoint, said: str) -> None:
    with pytest.raises(EnvironmentProblem) as refused:
        with_outside(OURS, [], [point])
    assert said in refused.value.message


def test_a_kind_without_batch_models_takes_no_training() -> None:
    with pytest.raises(ValueError, match="must be of a kind that has some. other is a ranking."):
        replace(OTHER, kind=Ranking())
    assert replace(OTHER, kind=Ranking(), batch=None).batch is None
