from __future__ import annotations

import pickle
import random
from math import exp, log1p
from typing import Any

import pytest

from models.online.growth import Growth
from models.online.largest_of import LargestOf
from models.tasks.basket.features import AMOUNTS
from models.tasks.basket.online import linear_regression, recursive_median_regression


class Told:
    """Answers what it is told, and keeps what it was asked to learn."""

    def __init__(self, growth: float) -> None:
        self.growth = growth
        self.learnt: list[tuple[dict[str, float], float, float]] = []

    def predict_one(self, x: dict[str, float]) -> float:
        return self.growth

    def learn_one(self, x: dict[str, float], y: float, *, w: float) -> Any:
        self.learnt.append((x, y, w))


def test_the_regressor_learns_the_log_of_what_comes_and_never_sees_currency() -> None:
    told = Told(0.0)
    model = Growth(told, "cart_total", ["cart_total", "own_mean_order"])
    model.learn_one({"cart_total": 9.0, "own_mean_order": 5.0, "a": 1.0}, 99.0)
    ((x, target, weight),) = told.learnt
    assert x == {"a": 1.0}
    assert target == pytest.approx(log1p(99.0) - log1p(9.0))
    assert weight == pytest.approx(10.0 / 100.0)


def test_the_answer_is_the_total_and_what_is_expected_on_top_within_what_was_seen() -> None:
    told = Told(1.0)
    model = Growth(told, "cart_total", [])
    assert model.predict_one({"cart_total": 9.0}) == 9.0
    model.learn_one({"cart_total": 10.0}, 60.0)
    assert model.predict_one({"cart_total": 9.0}) == pytest.approx(10.0 * exp(1.0) - 1.0)
    assert model.predict_one({"cart_total": 168_469.0}) == pytest.approx(168_469.0 + 100.0)
    told.growth = -3.0
    assert model.predict_one({"cart_total": 9.0}) == 9.0
    told.growth = 1e300
    assert model.predict_one({"cart_total": 9.0}) == pytest.approx(109.0)


def test_an_absurd_order_is_not_learnt_and_opens_no_bounds() -> None:
    told = Told(0.5)
    model = Growth(told, "cart_total", [])
    for _ in range(100):
        model.learn_one({"cart_total": 10.0}, 60.0)
    learnt = len(told.learnt)
    model.learn_one({"cart_total": 10.0}, 1e9)
    model.learn_one({"cart_total": 1e9}, 1e9)
    assert len(told.learnt) == learnt
    assert model.predict_one({"cart_total": 1e6}) <= 1e6 + 100.0


def test_where_the_total_is_right_whatever_is_learnt_nothing_is() -> None:
    told = Told(-0.5)
    model = Growth(told, "cart_total", [])
    model.learn_one({"cart_total": 10.0}, 10.0)
    assert not told.learnt
    model.learn_one({"cart_total": 10.0}, 11.0)
    assert len(told.learnt) == 1


@pytest.mark.parametrize(
    "model",
    [
        linear_regression(step=0.01, intercept_step=1e-3, width=0.3),
        recursive_median_regression(forgetting=0.9999, ridge=3.0, width=0.3),
    ],
    ids=["linear", "recursive-median"],
)
def test_both_learn_what_baselines_cannot_know(model: Growth) -> None:
    rng = random.Random(1)
    baseline = LargestOf(["cart_total", "own_mean_order"])
    losses = {"model": 0.0, "baseline": 0.0}
    for n in range(9_000):
        total, pull = rng.uniform(5.0, 50.0), rng.uniform(0.0, 1.0)
        x = {"cart_total": total, "own_mean_order": 60.0, "own_last_order": 60.0, "pull": pull}
        y = total * exp(2.0 * pull) * rng.uniform(0.9, 1.1)
        if n >= 8_000:
            losses["model"] += abs(model.predict_one(x) - y)
            losses["baseline"] += abs(baseline.predict_one(x) - y)
        model.learn_one(x, y)
    assert losses["model"] < 0.35 * losses["baseline"]
    assert len(pickle.dumps(model)) < 100_000


def test_the_regressors_are_kept_from_all_amounts() -> None:
    assert linear_regression(0.01, 0.001, 0.3).without == set(AMOUNTS)
    assert recursive_median_regression(0.9999, 3.0, 0.3).without == set(AMOUNTS)


def test_the_largest_of_several_features_is_their_largest_and_learns_nothing() -> None:
    model = LargestOf(("a", "b"))
    before = pickle.dumps(model)
    assert model.predict_one({"a": 1.0, "b": 2.0, "c": 3.0}) == 2.0
    model.learn_one({"a": 1.0, "b": 2.0}, 9.0)
    assert pickle.dumps(model) == before
