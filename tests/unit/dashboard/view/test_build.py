"""From facts to the board."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as replaced

from contracts.records import Metrics, ModelInForce
from contracts.settings import Settings
from contracts.shop import Shop
from dashboard.terminal.progress_line import progress_line
from dashboard.view.build import view_of
from dashboard.view.champions import Champions
from dashboard.view.live_feed import Facts
from dashboard.view.scores import Counts
from dashboard.view.view_model import BatchSide
from models.tasks import TASKS


def metrics(labels: int, share: float) -> Metrics:
    models = {
        name.name: {"labels": min(labels, 5_000), "log_loss": 0.4, "share_of_learnable": share}
        for name in TASKS["conversion"].models
    }
    return Metrics(
        task="conversion",
        time="2026-01-05T08:00:00.000Z",
        labels=labels,
        window_labels=min(labels, 5_000),
        models=models,
        oracle={"bayes": 0.3},
    )


FACTS = Facts(
    events=1_234,
    events_per_s=500.0,
    learner_lag=7,
    counts=Counts(
        predictions={"conversion": 700},
        labels={"conversion": 650},
        late=1,
        dead_letters=2,
        lag=3,
        served={"conversion": "logistic"},
    ),
    history={"conversion": (metrics(1_000, 0.1), metrics(2_000, 0.5))},
)


def shown(shop: Shop, facts: Facts = FACTS, note: str = ""):
    return view_of(facts, shop, Settings(), state="running", elapsed_s=1.0, note=note)


def test_the_newest_window_stands_in_the_table_and_all_of_them_in_the_curve():
    view = shown(Shop(partitions=2, seed=7))
    conversion = view.tasks[0]
    assert conversion.labels == 2_000
    assert all(m.metrics["share_of_learnable"] == 0.5 and m.history == (0.1, 0.5) for m in conversion.models)
    assert {m.kind for m in conversion.models} == {"online", "frozen", "baseline"}


def test_why_the_board_stands_still_is_noted_unless_there_is_something_newer():
    stuck = replace(FACTS, problem="can't look: TimeoutError")
    view = shown(Shop(partitions=2, seed=7), stuck)
    assert view.note == "can't look: TimeoutError"
    assert shown(Shop(partitions=2, seed=7), stuck, note="a child ended").note == "a child ended"


def test_every_declared_model_is_on_the_board_before_there_are_scores():
    view = shown(Shop(partitions=2, seed=7), Facts())
    assert [task.name for task in view.tasks] == list(TASKS)
    for task in view.tasks:
        assert [m.name for m in task.models] == [m.name for m in TASKS[task.name].models]


def test_batch_models_stand_behind_the_online_ones_with_their_stage_until_they_are_retired():
    models = {name: {"log_loss": 0.4} for name in ("second-order", "prior", "trees@1", "trees@2")}
    champions = Champions()
    for model, stage in (("trees@1", "shadow"), ("trees@2", "shadow"), ("trees@1", "retired")):
        champions = champions.after(
            ModelInForce(
                task="conversion", model=model, stage=stage, digest="", change="c", partition=0, offset=1,
                time="2026-01-05T08:00:00.000Z",
            )
        )  # fmt: skip
    facts = replace(
        FACTS, history={"conversion": (replaced(metrics(1_000, 0.1), models=models),)}, champions=champions
    )
    view = view_of(
        facts, Shop(partitions=2), Settings(), state="running", elapsed_s=1.0,
        batch=BatchSide("etl: first run", {"conversion": "trains"}),
    )  # fmt: skip
    conversion, basket, _ = view.tasks
    assert [(m.name, m.kind, m.stage) for m in conversion.models] == [
        ("second-order", "online", ""), ("trees@2", "batch", "shadow"), ("prior", "baseline", ""),
    ]  # fmt: skip
    assert (view.etl, conversion.batch, basket.batch) == ("etl: first run", "trains", "")


def test_a_recorded_shop_is_not_asked_for_conversion():
    assert [task.name for task in shown(Shop(partitions=2, file="/x.csv")).tasks] == ["basket"]


def test_a_line_off_a_terminal_says_how_far_it_is():
    line = progress_line(shown(Shop(partitions=2, seed=7, events=3_000)))
    assert (
        line == "events 1,234 of 3,000 (500/s), learner lag 7, scoreboard lag 3, conversion: logistic 50.0 %"
    )
    nobody = replace(FACTS, counts=Counts())
    assert "conversion" not in progress_line(shown(Shop(partitions=2, seed=7, events=3_000), nobody))


def test_a_log_that_is_held_is_on_the_board_and_in_the_line():
    stuck = replace(FACTS, held="The log of shop.user-events-0 is held.")
    view = shown(Shop(partitions=2, seed=7), stuck)
    assert view.held == stuck.held
    assert "The log of shop.user-events-0 is held, conversion: logistic" in progress_line(view)


def test_a_model_that_answered_some_of_the_window_carries_how_many():
    models = {
        "second-order": {"labels": 2_000, "log_loss": 0.4},
        "trees@1": {"labels": 300, "log_loss": 0.2},
        "logistic": {"labels": 0, "log_loss": None},
    }
    facts = replace(FACTS, history={"conversion": (replaced(metrics(2_000, 0.1), models=models),)})
    found = {m.name: m.fewer_labels for m in shown(Shop(partitions=2, seed=7), facts).tasks[0].models}
    assert found == {"second-order": None, "trees@1": 300, "logistic": None}
