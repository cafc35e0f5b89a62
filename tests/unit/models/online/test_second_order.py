"""The second-order regression finds weights, follows them, and never knows less than at first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp, log

import numpy as np
import pytest

from models.online import SecondOrderLogisticRegression

TRUE = {"a": 2.0, "b": -1.0}


def stream(count: int, weights: dict[str, float], seed: int = 0) -> Iterator[tuple[dict[str, float], bool]]:
    rng = random.Random(seed)
    for _ in range(count):
        x = {name: rng.gauss(0, 1) for name in weights}
        p = 1 / (1 + exp(0.5 - sum(weights[name] * x[name] for name in weights)))
        yield x, rng.random() < p


def logit(model: SecondOrderLogisticRegression, **x: float) -> float:
    p = model.predict_proba_one(dict(x))[True]
    return log(p / (1 - p))


def test_it_finds_the_weights() -> None:
    model = SecondOrderLogisticRegression(calm=0.0, surprised=0.0, prior_variance=1.0)
    for x, y in stream(4_000, TRUE):
        model.learn_one(dict(x), y)
    assert logit(model, a=0.0, b=0.0) == pytest.approx(-0.5, abs=0.15)
    assert logit(model, a=1.0, b=0.0) == pytest.approx(1.5, abs=0.25)
    assert logit(model, a=0.0, b=1.0) == pytest.approx(-1.5, abs=0.25)


def test_with_drift_it_follows_weights_that_turn_and_without_it_does_not() -> None:
    turned = {name: -weight for name, weight in TRUE.items()}
    slopes = []
    for calm in (0.0, 1e-4):
        model = SecondOrderLogisticRegression(calm, surprised=calm)
        for x, y in [*stream(6_000, TRUE), *stream(1_500, turned, seed=1)]:
            model.learn_one(dict(x), y)
        slopes.append(logit(model, a=1.0, b=0.0) - logit(model, a=0.0, b=0.0))
    assert slopes[1] < -1.0 < -0.5 < slopes[0]


def test_a_feature_that_stands_still_does_not_blow_up() -> None:
    model = SecondOrderLogisticRegression(1e-2, 1e-2, prior_variance=1.0)
    for x, y in stream(3_000, TRUE):
        model.learn_one(dict(x | {"still": 0.0}), y)
    # It was never seen to matter: one label must not move it further than the first ever would have.
    model.learn_one({"a": 0.0, "b": 0.0, "still": 1.0}, True)
    assert abs(logit(model, a=0.0, b=0.0, still=1.0) - logit(model, a=0.0, b=0.0, still=0.0)) < 1.0


def test_features_that_are_missing_or_in_another_order_are_matched_by_name() -> None:
    model = SecondOrderLogisticRegression()
    for x, y in stream(500, TRUE):
        model.learn_one(dict(x), y)
    assert logit(model, b=0.5, a=1.0) == logit(model, a=1.0, b=0.5)
    assert logit(model, a=1.0) == logit(model, a=1.0, b=0.0)
    assert logit(model, a=1.0, b=0.0, unknown=7.0) == logit(model, a=1.0, b=0.0)


def test_logits_beyond_reason_stay_finite() -> None:
    model = SecondOrderLogisticRegression()
    model.learn_one({"a": 1e6}, True)
    model.learn_one({"a": -1e6}, True)
    assert 0.0 < model.predict_proba_one({"a": 1e9})[True] < 1.0 + 1e-12


def test_after_a_surprise_it_follows_faster_than_by_its_calm_pace_alone() -> None:
    turned = {name: -weight for name, weight in TRUE.items()}
    slopes = []
    for surprised in (1e-6, 1e-3):
        model = SecondOrderLogisticRegression(1e-6, surprised)
        for x, y in [*stream(6_000, TRUE), *stream(1_000, turned, seed=1)]:
            model.learn_one(dict(x), y)
        slopes.append(logit(model, a=1.0, b=0.0) - logit(model, a=0.0, b=0.0))
    assert slopes[1] < slopes[0] - 0.5


def test_the_less_it_knows_the_nearer_to_a_half_it_answers() -> None:
    model = SecondOrderLogisticRegression(0.0, 0.0, prior_rate=0.5)
    for x, y in stream(2_000, TRUE):
        model.learn_one(dict(x | {"seldom": 0.0}), y)
    # Nothing was learnt of it, so its weight is 0: all that it brings is doubt.
    plain, doubted = (logit(model, a=2.0, b=0.0, seldom=seldom) for seldom in (0.0, 5.0))
    assert 0.5 * plain < doubted < 0.9 * plain


def test_a_visit_is_learnt_as_by_the_filter_written_out() -> None:
    rng = random.Random(4)
    model = SecondOrderLogisticRegression(
        calm=0.0, surprised=0.0, prior_variance=0.5, prior_rate=0.3, trace=0.6
    )
    weights, covariance = np.array([log(0.3 / 0.7), 0.0, 0.0]), 0.5 * np.eye(3)
    for _ in range(30):
        xs = [{"a": rng.gauss(0, 1), "b": rng.gauss(0, 1)} for _ in range(rng.randint(1, 5))]
        y = float(rng.random() < 0.4)
        rows = np.array([[1.0, *x.values()] for x in xs])
        answers = 1 / (1 + np.exp(-rows @ weights))
        target, targets = y, [y]
        for following in answers[:0:-1]:
            target = 0.4 * following + 0.6 * target
            targets.append(target)
        for row, target in zip(rows, targets[::-1], strict=True):
            p = 1 / (1 + np.exp(-row @ weights))
            covariance = np.linalg.inv(np.linalg.inv(covariance) + p * (1 - p) * np.outer(row, row))
            weights = weights + covariance @ row * (target - p)
        model.learn_visit(xs, y)
        asked = np.array([1.0, 0.7, -0.2])
        moderated = asked @ weights / np.sqrt(1 + np.pi * (asked @ covariance @ asked) / 8)
        assert logit(model, a=0.7, b=-0.2) == pytest.approx(moderated, rel=1e-9)
