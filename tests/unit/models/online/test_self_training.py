"""Learning from own answers: what it gains, and that it does not run away."""

from __future__ import annotations

import pickle
from math import isfinite
from random import Random

import pytest

from models.online.naive_bayes import NaiveBayes
from models.online.self_training import TEXT, LabelledOnly, SelfTraining
from models.online.tfidf_regression import TfIdfRegression
from producers.simulator.catalogue import CATEGORIES
from producers.simulator.reviews import HAPPY_STARS, Review, write_review

MODELS = pytest.mark.parametrize(
    ("given", "own"),
    [
        ({"make": NaiveBayes, "parameters": {}, "sureness": 0.1}, {"confidence": 0.95, "weight": 0.3}),
        (
            {"make": TfIdfRegression, "parameters": {"step": 0.5}, "sureness": 1.0},
            {"confidence": 0.6, "weight": 0.1},
        ),
    ],
    ids=["naive-bayes", "tf-idf"],
)


def reviews(count: int, seed: int) -> list[Review]:
    rng = Random(seed)
    return [
        write_review(rng, rng.gauss(0.5, 1.0), rng.choice(CATEGORIES), rng.choice(("DE", "GB")))
        for _ in range(count)
    ]


def learn(model: LabelledOnly, review: Review) -> None:
    if review.stars is not None:
        model.learn_one({TEXT: review.text}, float(review.stars >= HAPPY_STARS))
    elif isinstance(model, SelfTraining):
        model.learn_unlabelled({TEXT: review.text})


def right(model: LabelledOnly, of: list[Review]) -> float:
    return sum(r.happy if model.predict_one({TEXT: r.text}) > 0.5 else 1.0 - r.happy for r in of) / len(of)


@MODELS
def test_own_answers_teach_more_than_labels_alone(given, own):
    gains = []
    for seed in range(2):
        few, unseen = reviews(1_200, seed), reviews(200, 100 + seed)
        twin, model = LabelledOnly(**given), SelfTraining(**given, **own)
        for review in few:
            learn(twin, review)
            learn(model, review)
        gains.append(right(model, unseen) - right(twin, unseen))
    assert sum(gains) / len(gains) > 0.003, gains


@MODELS
def test_nothing_is_believed_before_labels_of_both_classes_have_come(given, own):
    model = SelfTraining(**given, **own)
    for n in range(10):
        model.learn_one({TEXT: f"the sound is good {n}"}, 1.0)
    before = model.predict_one({TEXT: "the sound is good and solid"})
    model.learn_unlabelled({TEXT: "the sound is good and solid"})
    assert model.predict_one({TEXT: "the sound is good and solid"}) == before


@MODELS
def test_a_flood_of_one_text_does_not_take_all_answers(given, own):
    model, unseen = SelfTraining(**given, **own), reviews(300, 9)
    for review in reviews(1_000, 4):
        learn(model, review)
    before = right(model, unseen)
    for n in range(1_000):
        model.learn_unlabelled({TEXT: f"it is good and lovely and it is solid number{n}"})
    assert right(model, unseen) > before - 0.02


@MODELS
def test_state_is_bounded_whatever_is_written(given, own):
    model = SelfTraining(**given, **own)
    sizes = []
    for n in range(1_200):
        model.learn_one({TEXT: " ".join(f"w{n}x{k}" for k in range(200))}, float(n % 2))
        if n in (599, 1_199):
            sizes.append(len(pickle.dumps(model)))
    assert sizes[1] < 1.01 * sizes[0] < 1_000_000


@MODELS
def test_answers_are_chances_for_any_text(given, own):
    model = SelfTraining(**given, **own)
    texts = ("", "good", "x" * 4096, "not " * 1000, "good " * 800)
    for n, text in enumerate(texts * 40):
        for one in texts:
            answer = model.predict_one({TEXT: one})
            assert isfinite(answer)
            assert 0.0 <= answer <= 1.0
        model.learn_one({TEXT: text}, float(n % 2))
        model.learn_unlabelled({TEXT: text})
