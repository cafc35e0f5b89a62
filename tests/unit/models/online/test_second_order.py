"""The second-order regression finds weights, follows them, and never knows less than at first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp, log

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
    model = SecondOrderLogisticRegression(drift=0.0)
    for x, y in stream(4_000, TRUE):
        model.learn_one(dict(x), y)
    assert logit(model, a=0.0, b=0.0) == pytest.approx(-0.5, abs=0.15)
    assert logit(model, a=1.0, b=0.0) == pytest.approx(1.5, abs=0.25)
    assert logit(model, a=0.0, b=1.0) == pytest.approx(-1.5, abs=0.25)


def test_with_drift_it_follows_weights_that_turn_and_without_it_does_not() -> None:
    turned = {name: -weight for name, weight in TRUE.items()}
    slopes = []
    for drift in (0.0, 1e-4):
        model = SecondOrderLogisticRegression(drift=drift)
        for x, y in [*stream(6_000, TRUE), *stream(1_500, turned, seed=1)]:
            model.learn_one(dict(x), y)
        slopes.append(logit(model, a=1.0, b=0.0) - logit(model, a=0.0, b=0.0))
    assert slopes[1] < -1.0 < -0.5 < slopes[0]


def test_a_feature_that_stands_still_does_not_blow_up() -> None:
    model = SecondOrderLogisticRegression(drift=1e-2)
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
