"""Sentiment: predicted before the stars are looked at, and learnt with and without them."""

from __future__ import annotations

import pickle

from contracts.events import ReviewPosted
from contracts.records import Features, Outcome, Prediction
from models.portfolio import Portfolio
from models.tasks import TASKS
from models.tasks.sentiment.task import HAPPY_STARS
from producers.simulator import reviews

HAPPY, OTHER = "it is good and solid and lovely", "it is bad and flimsy and ugly"


def post(portfolio: Portfolio, number: int, text: str, stars: int | None) -> list:
    event = ReviewPosted(
        id=f"u-{number}",
        time="2026-01-05T08:00:00.000Z",
        source="s",
        user_id="user-1",
        session_id=None,
        product_id="p",
        text=text,
        stars=stars,
    )
    return portfolio.step(event, 1_767_600_000_000, number)


def taught() -> Portfolio:
    portfolio = Portfolio(0, (TASKS["sentiment"],))
    for number in range(20):
        post(portfolio, number, *((HAPPY, 5) if number % 2 else (OTHER, 1)))
    return portfolio


def test_the_answer_is_the_same_whatever_the_stars_and_the_label_comes_at_once():
    given = {}
    for stars, label in ((None, None), (1, 0.0), (3, 0.0), (4, 1.0), (5, 1.0)):
        prediction, features, outcome = post(taught(), 99, HAPPY, stars)
        assert isinstance(prediction, Prediction) and isinstance(outcome, Outcome)
        assert (outcome.label, outcome.why) == (label, "at-once")
        # The event has the text.
        assert isinstance(features, Features) and features.values == [3.0]
        given[stars] = tuple(prediction.answers.items())
    assert len(set(given.values())) == 1


def test_without_stars_only_those_learn_that_trust_their_answers():
    portfolio = taught()
    models = portfolio._tasks["sentiment"].models
    before = {name: pickle.dumps(model) for name, model in models.items()}
    post(portfolio, 99, f"{HAPPY} and it is splendid", None)
    changed = {name for name, model in models.items() if pickle.dumps(model) != before[name]}
    assert changed == {"self-naive-bayes", "self-tf-idf"}


def test_simulator_and_task_mean_the_same_by_happy():
    assert HAPPY_STARS == reviews.HAPPY_STARS
