"""Who is ahead on the board, by the loss that a task has."""

from __future__ import annotations

from benchmarks.board import ahead
from contracts.records import Metrics
from models.tasks import TASKS


def metrics(task: str, **losses: float) -> Metrics:
    loss = {"conversion": "log_loss", "basket": "mae"}[task]
    models = {name.replace("_", "-"): {loss: value} for name, value in losses.items()}
    return Metrics(
        task=task,
        time="2026-01-05T00:00:00.000Z",
        labels=2_000,
        window_labels=2_000,
        models=models,
        oracle={},
    )


def test_a_served_model_is_ahead_where_its_loss_is_below_that_of_the_best_baseline() -> None:
    assert "ahead of prior 0.4000" in ahead(
        TASKS["conversion"], "second-order", metrics("conversion", second_order=0.3, prior=0.4)
    )
    assert "BEHIND prior 0.2000" in ahead(
        TASKS["conversion"], "second-order", metrics("conversion", second_order=0.3, prior=0.2)
    )


def test_of_several_baselines_the_best_counts() -> None:
    losses = {model.name.replace("-", "_"): 9.0 for model in TASKS["basket"].models}
    losses |= {"recursive_median": 4.0, "running_total": 3.0}
    assert "BEHIND running-total 3.0000" in ahead(
        TASKS["basket"], "recursive-median", metrics("basket", **losses)
    )
