"""The live board at several sizes."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest
from rich.console import Console

from dashboard.terminal.board import draw, number
from dashboard.view.view_model import LatestAnswer, ModelView, TaskView, View

EVIL = "user-1\x1b[2J[bold]x[/]"


def model(name: str, kind: str, loss: float, **more: float) -> ModelView:
    return ModelView(name, kind, {"log_loss": loss, **more}, tuple(loss + i / 100 for i in range(50)))


def view(models: int = 2, answers: int = 40) -> View:
    conversion = TaskView(
        "conversion",
        "Will this session end in an order?",
        ("log_loss", "roc_auc", "average_precision", "share_of_learnable", "ece"),
        "share_of_learnable",
        labels=65_001,
        batch="12:00:00 gate: trees@1 not yet: 1,200 sessions, saves +0.0012 a label (at least -0.0003, asked +0.0021)",
        window_labels=5_000,
        models=(
            model("worse", "online", 0.34, share_of_learnable=0.8),
            replace(
                model("better", "online", 0.32, share_of_learnable=0.92, share_se=0.004), fewer_labels=700
            ),
            model("prior", "baseline", 0.1),
        ),
        served="worse",
        oracle={"clairvoyant": 0.25, "bayes": 0.31, "bayes_blind": None, "prior": 0.43},
    )
    basket = TaskView(
        "basket",
        "What will this cart be worth at the till?",
        ("mae", "rmse", "r2"),
        "mae",
        models=tuple(ModelView(f"model-{i}", "online", {"mae": 300.0 + i}) for i in range(models)),
    )
    return View(
        source="simulated shop, seed 7",
        bootstrap="127.0.0.1:9092",
        partitions=2,
        state="running",
        elapsed_s=3_725.0,
        events=123_456,
        events_total=350_000,
        events_per_s=8_123.4,
        learner_lag=12,
        scoreboard_lag=None,
        predictions={"conversion": 70_412, "basket": 21_003},
        labels={"conversion": 65_001, "basket": 18_220},
        late=3,
        etl="etl 12:00:00 54,321 records in 8 s",
        dead_letters=4,
        tasks=(conversion, basket),
        latest=tuple(
            LatestAnswer("conversion", "2026-01-05T08:00:00.000Z", EVIL, f"u-{i}", 0.1, "better")
            for i in range(answers)
        ),
    )


def drawn(what: View, width: int, height: int, chosen: int | None = None) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, height=height, markup=False, highlight=False).print(
        draw(what, width, height, chosen)
    )
    return out.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(30, 24), (40, 24), (80, 24), (100, 30), (140, 50)])
@pytest.mark.parametrize("models", [2, 12])
def test_the_board_fits_the_terminal(width, height, models):
    lines = drawn(view(models), width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30)])
def test_the_board_says_what_it_is_there_for(width, height):
    text = "\n".join(drawn(view(), width, height))
    for said in (
        "123,456 of 350,000", "8,123/s", "learner 12", "scoreboard –", "70,412", "18,220", "late 3", "dead 4",
        "last 5,000 of 65,001 labels", "★ worse", "92.0 ", "clairvoyant 0.2500", "bayes_blind –",
        "waiting for labels", "model-1", "1:02:05", "latest predictions",
    ):  # fmt: skip
        assert said in text, said
    assert "  better° " in text
    assert "ECE" not in text
    assert ("92.0 ± 0.4 %" if width >= 96 else "92.0 %") in text
    assert "° scored on fewer labels, those that it answered: better 700" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 50)])
def test_a_log_that_is_held_is_said_in_full_and_the_board_still_fits(width, height):
    held = "The log of shop.user-events-0 is held at offset 1,234 by an open transaction of producer p\x1b since today."
    lines = drawn(replace(view(12), held=held), width, height)
    assert held.replace("\x1b", "\\x1b") in " ".join(" ".join(lines[3:6]).split())
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def crowded() -> View:
    """Six tasks: too many for a small terminal."""
    (conversion, basket) = view().tasks
    return replace(
        view(), tasks=(conversion, basket, *(replace(basket, name=f"task-{n}") for n in range(3, 7)))
    )


@pytest.mark.parametrize(
    ("chosen", "elapsed_s", "shown"), [(3, 0.0, 3), (None, 17.0, 2), (None, 48.0, 0), (7, 0.0, 1)]
)
def test_on_a_small_terminal_one_task_is_shown_at_a_time_by_key_or_in_turn(chosen, elapsed_s, shown):
    what = replace(crowded(), elapsed_s=elapsed_s)
    lines = drawn(what, 80, 24, chosen)
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    titles = [line.split()[0] for line, columns in pairwise(lines) if columns.split()[:1] == ["model"]]
    assert titles == [what.tasks[shown].name]
    assert "1 conversion  2 basket  3 task-3" in "\n".join(lines)
    assert "1–6 a task  0 in turn" in lines[-1]


def test_on_a_large_terminal_all_tasks_are_shown():
    lines = drawn(crowded(), 200, 60)
    assert sum(line.split()[:1] == ["model"] for line in lines) == 6
    assert "in turn" not in lines[-1]


def test_a_wide_board_has_the_calibration_error_too():
    task = replace(
        view().tasks[0], metrics=("log_loss", "ece"), models=(model("m", "online", 0.3, ece=0.0123),)
    )
    assert "ECE" in (wide := "\n".join(drawn(replace(view(), tasks=(task,)), 120, 40)))
    assert "0.012" in wide
    assert "ECE" not in "\n".join(drawn(replace(view(), tasks=(task,)), 100, 40))


def test_data_neither_steers_the_terminal_nor_styles_the_board():
    text = "\n".join(drawn(view(), 100, 30))
    assert "\x1b" not in text
    assert "user-1\\x1b[2J[bold]x[/]" in text


def test_the_star_stands_at_the_served_model_alone_whatever_others_lose():
    assert "\n".join(drawn(view(), 100, 30)).count("★") == 1
    nobody = replace(view(), tasks=tuple(replace(task, served=None) for task in view().tasks))
    assert "★" not in "\n".join(drawn(nobody, 100, 30))


def test_the_newest_predictions_are_the_ones_that_stay():
    lines = drawn(view(answers=40), 80, 24)
    assert sum("user-1" in line for line in lines) >= 3


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("share_of_learnable", -0.2, "-20.0 %"), ("mae", float("nan"), "–"), ("rmse", 12_345.6, "12,346")],
)
def test_numbers_are_short(name, value, text):
    assert number(name, value) == text


NUMBERS = {
    *(
        "123,456",
        "350,000",
        "8,123/s",
        "12",
        "70,412",
        "21,003",
        "65,001",
        "18,220",
        "5,000",
        "3",
        "4",
        "7",
        "2",
    ),
    *(
        "0.3400",
        "0.3200",
        "0.1000",
        "300.00",
        "301.00",
        "80.0",
        "92.0",
        "0.4",
        "10.0",
        "35%",
        "1:02:05",
        "700",
    ),
    *(
        "0.2500",
        "0.3100",
        "0.4300",
        "08:00:00.000",
        "12:00:00",
        "54,321",
        "8",
        "2026-01-05",
        "127.0.0.1:9092",
    ),
    *("1,200", "+0.0012", "-0.0003,", "+0.0021"),
}


@pytest.mark.parametrize("width", [*range(34, 80), 96, 110])
def test_a_narrow_board_leaves_out_columns_and_no_digits(width):
    one = replace(view(), latest=tuple(replace(a, user_id="u", model="m") for a in view().latest))
    lines = drawn(one, width, 24)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).replace("(at", " ").split()
    assert {word.strip("()") for word in words if any(map(str.isdecimal, word))} - NUMBERS <= {
        f"model-{n}" for n in range(9)
    } | {"trees@1"}
    assert "80.0 %" in "\n".join(lines)  # the column that the task is judged by stays longest


def test_a_model_with_a_long_name_costs_no_digits():
    long = replace(model("m" * 80, "batch", 0.3, share_of_learnable=0.812), stage="challenger")
    task = replace(view().tasks[0], models=(long,))
    for width in (40, 60, 80):
        assert "81.2 %" in "\n".join(drawn(replace(view(), tasks=(task,)), width, 24))
