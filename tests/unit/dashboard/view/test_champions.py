"""What the live board says of batch champions."""

from __future__ import annotations

from contracts.bounds import Stage
from contracts.codec import decode
from contracts.records import ModelInForce, ModelNews, ModelQuarantined
from contracts.topics import PREDICTIONS
from dashboard.terminal.board import draw_tasks
from dashboard.view.champions import Champions
from dashboard.view.view_model import ModelView, TaskView, View
from freshet.cli.rendering import console
from tests import odd_records


def told(model: str, stage: Stage, offset: int, partition: int = 0) -> ModelInForce:
    return (
        ModelInForce(
            task="conversion",
            model=model,
            stage=stage,
            digest="",
            change="c",
            partition=partition,
            offset=offset,
            time="2026-01-05T08:00:00.000Z",
        )  # fmt: skip
    )


def after(*values: ModelNews) -> Champions:
    champions = Champions()
    for value in values:
        champions = champions.after(value)
    return champions


def test_the_newest_champion_of_each_partition_stands() -> None:
    champions = after(
        told("a@1", "shadow", 5), told("a@1", "champion", 10), told("a@1", "champion", 12, 1),
        told("b@1", "champion", 20),
    )  # fmt: skip
    assert champions.said("conversion") == "b@1 since 0:20, a@1 since 1:12"
    assert champions.said("basket") == ""


def test_a_retired_champion_leaves_its_place_to_online_models() -> None:
    champions = after(told("a@1", "champion", 10), told("b@1", "retired", 11), told("a@1", "retired", 12))
    assert champions.said("conversion") == ""


def test_a_champion_that_broke_is_told() -> None:
    broke = ModelQuarantined(task="conversion", model="a@1", partition=0, offset=15, reason="r")
    champions = after(told("a@1", "champion", 10), broke)
    assert champions.said("conversion") == "a@1 since 0:10 (out at 15)"


def test_the_stage_of_each_model_is_known_and_one_that_broke_in_a_partition_is_in_quarantine() -> None:
    broke = ModelQuarantined(task="conversion", model="a@1", partition=0, offset=15, reason="r")
    champions = after(told("a@1", "shadow", 5), told("b@1", "shadow", 6), told("a@1", "champion", 10))
    assert [champions.stage("conversion", m) for m in ("a@1", "b@1", "prior")] == ["champion", "shadow", ""]
    champions = champions.after(told("b@1", "champion", 11))
    assert [champions.stage("conversion", m) for m in ("a@1", "b@1")] == ["shadow", "champion"]
    champions = champions.after(broke).after(told("a@1", "shadow", 16, 1))
    assert champions.stage("conversion", "a@1") == "quarantine"
    assert champions.after(told("a@1", "retired", 20)).stage("conversion", "a@1") == "retired"


def test_a_model_that_answers_behind_its_quarantine_is_not_out() -> None:
    broke = ModelQuarantined(task="conversion", model="a@1", partition=0, offset=7, reason="slander")
    champions = after(told("a@1", "champion", 5), broke)
    for offset, answer, is_out in ((7, 0.5, True), (8, None, True), (8, 0.5, False)):
        one = decode(
            PREDICTIONS, odd_records.told(PREDICTIONS, partition=0, offset=offset, answers={"a@1": answer})
        )
        assert bool(champions.answered(one).out) == is_out
    elsewhere = decode(
        PREDICTIONS, odd_records.told(PREDICTIONS, partition=1, offset=8, answers={"a@1": 0.5})
    )
    assert champions.answered(elsewhere) is champions


def test_the_board_marks_the_champion_and_says_since_when() -> None:
    models = (
        ModelView("second-order", "online", {"log_loss": 0.2}),
        ModelView("a@1", "batch", {"log_loss": 0.3}, stage="champion"),
    )
    task = TaskView(
        "conversion",
        "?",
        ("log_loss",),
        "log_loss",
        10,
        10,
        models,
        served="a@1",
        deployment="a@1 since 0:10",
        batch="12:00:00 a@1 is champion",
    )
    view = View("shop", "b", 1, "running", 0.0, tasks=(task,))
    screen = console()
    with screen.capture() as captured:
        screen.print(draw_tasks(view, 120))
    assert "★ a@1 champion" in captured.get()
    assert "batch   12:00:00 a@1 is champion" in captured.get()
    assert "a@1 since 0:10" in captured.get()
