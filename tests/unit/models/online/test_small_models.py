"""River behind the protocol, the frozen copy, and the prior."""

from __future__ import annotations

import pytest

from models.online import Frozen, Prior
from models.tasks import TASKS
from models.tasks.conversion.online import logistic_regression, second_order_logistic_regression
from tests.unit.models.streams import examples, learn

STREAM = examples(TASKS["conversion"], 60)


def test_a_river_classifier_answers_the_prior_before_its_first_label() -> None:
    model = logistic_regression(step=0.02, intercept_step=1e-3)
    assert model.predict_one(STREAM[0].x) == 0.1
    learn(model, STREAM[0])
    assert model.predict_one(STREAM[1].x) != 0.1


def test_a_frozen_copy_is_its_original_until_it_stops() -> None:
    parameters = {"calm": 1e-7, "surprised": 1e-5, "prior_variance": 0.1}
    original = second_order_logistic_regression(**parameters)
    frozen = Frozen(second_order_logistic_regression, parameters, after_labels=30)
    for n, example in enumerate(STREAM):
        same = original.predict_one(example.x) == frozen.predict_one(example.x)
        assert same == (n <= 30)
        learn(original, example)
        learn(frozen, example)


def test_a_frozen_copy_learns_visits_as_its_original_does_and_the_last_one_to_its_end() -> None:
    original = second_order_logistic_regression()
    frozen = Frozen(second_order_logistic_regression, {}, after_labels=10)
    for n in range(0, 21, 3):
        visit = [example.x for example in STREAM[n : n + 3]]
        same = original.predict_one(STREAM[59].x) == frozen.predict_one(STREAM[59].x)
        assert same == (n <= 12)
        original.learn_visit(visit, STREAM[n].y)
        frozen.learn_visit(visit, STREAM[n].y)


def test_a_classifier_that_learns_no_visits_learns_their_labels_one_by_one() -> None:
    at_once, singly = (logistic_regression(step=0.02, intercept_step=1e-3) for _ in range(2))
    at_once.learn_visit([example.x for example in STREAM[:5]], 1.0)
    for example in STREAM[:5]:
        singly.learn_one(example.x, 1.0)
    assert at_once.predict_one(STREAM[9].x) == singly.predict_one(STREAM[9].x)


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
