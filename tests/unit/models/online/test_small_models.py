"""River behind the protocol, the frozen copy, and the prior."""

from __future__ import annotations

import pytest

from models.online import Frozen, Prior, logistic_regression, second_order_logistic_regression
from models.tasks import TASKS
from tests.unit.models.streams import examples

STREAM = examples(TASKS["conversion"], 60)


def test_a_river_classifier_answers_the_prior_before_its_first_label() -> None:
    model = logistic_regression(step=0.02, intercept_step=1e-3)
    assert model.predict_one(STREAM[0].x) == 0.1
    model.learn_one(*STREAM[0])
    assert model.predict_one(STREAM[1].x) != 0.1


def test_a_frozen_copy_is_its_original_until_it_stops() -> None:
    parameters = {"drift": 3e-8, "prior_variance": 1.0}
    original = second_order_logistic_regression(**parameters)
    frozen = Frozen(second_order_logistic_regression, parameters, after_labels=30)
    for n, example in enumerate(STREAM):
        same = original.predict_one(example.x) == frozen.predict_one(example.x)
        assert same == (n <= 30)
        original.learn_one(*example)
        frozen.learn_one(*example)


def test_a_prior_is_the_mean_and_then_fades() -> None:
    prior = Prior(memory_labels=10, start=0.0)
    for y in (1.0, 1.0, 1.0):
        prior.learn_one({}, y)
    assert prior.predict_one({}) == pytest.approx(0.75)
    for _ in range(100):
        prior.learn_one({}, 0.0)
    assert prior.predict_one({}) < 1e-3


def test_a_ceiling_holds_one_absurd_label_off() -> None:
    plain, held = Prior(start=10.0), Prior(start=10.0, ceiling=5.0)
    for n in range(101):
        for prior in (plain, held):
            prior.learn_one({}, 1e9 if n == 100 else 10.0)
    assert plain.predict_one({}) > 1e6
    assert held.predict_one({}) == pytest.approx(10.4, abs=0.1)
