"""What a text tells of the mood, and how much of it is learnt from few stars: with and without own answers.

``python -m benchmarks.sentiment`` prints, over five shops of 200,000 events, how often each model is right about the
reviews of the second half, and how much better self-training is than its twin that learns from stars alone, with 95 %
intervals. The chance of each review to be a happy one is known exactly, so accuracy is that which is expected: no draw
of stars adds to its error.
"""

from __future__ import annotations

import argparse
import time
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from contracts.codec import decode_user_event
from contracts.events import ReviewPosted
from contracts.partitioner import partition_of
from models.online.naive_bayes import NaiveBayes
from models.online.self_training import TEXT, LabelledOnly, SelfTraining
from models.online.tfidf_regression import TfIdfRegression
from producers.simulator import Scenario, Simulator, shop
from producers.simulator.reviews import HAPPY_STARS, Review, write_review

_NAIVE_BAYES: Final = {"make": NaiveBayes, "parameters": {}, "sureness": 0.1}
_TFIDF: Final = {"make": TfIdfRegression, "parameters": {"step": 0.5}, "sureness": 1.0}
MODELS: Final = {
    "naive-bayes": (LabelledOnly, _NAIVE_BAYES),
    "self-naive-bayes": (SelfTraining, _NAIVE_BAYES | {"confidence": 0.95, "weight": 0.3}),
    "tf-idf": (LabelledOnly, _TFIDF),
    "self-tf-idf": (SelfTraining, _TFIDF | {"confidence": 0.6, "weight": 0.1}),
}
TWINS: Final = (("naive-bayes", "self-naive-bayes"), ("tf-idf", "self-tf-idf"))


class Posted(NamedTuple):
    """A review with its chance of being a happy one."""

    event: ReviewPosted
    happy: float


def reviews_of(seed: int, events: int) -> list[Posted]:
    """All reviews of a shop."""
    written: list[Review] = []

    def noted(*given: object) -> Review:
        written.append(write_review(*given))
        return written[-1]

    vars(shop)["write_review"] = noted  # the chance stands in no record
    posted = [
        decode_user_event(emission.value)[0]
        for emission in Simulator(Scenario(seed=seed, events=events))
        if emission.event_type == ReviewPosted.__name__
    ]
    vars(shop)["write_review"] = write_review
    return [
        Posted(event, review.happy)
        for event, review in zip(posted, written, strict=True)
        if isinstance(event, ReviewPosted)
    ]


def run(reviews: list[Posted], partitions: int) -> dict[str, NDArray[np.float64]]:
    """Answers of each model, asked before it learns; one of each a partition."""
    models = [{name: make(**given) for name, (make, given) in MODELS.items()} for _ in range(partitions)]
    answers = {name: np.empty(len(reviews)) for name in MODELS}
    for number, (event, _) in enumerate(reviews):
        x = {TEXT: event.text}
        for name, model in models[partition_of(event.user_id, partitions)].items():
            answers[name][number] = model.predict_one(x)
            if event.stars is not None:
                model.learn_one(x, float(event.stars >= HAPPY_STARS))
            elif isinstance(model, SelfTraining):
                model.learn_unlabelled(x)
    return answers


def said(values: NDArray[np.float64]) -> str:
    """Mean with the half of its 95 % interval, and the lowest."""
    half = (
        t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / sqrt(len(values)) if len(values) > 1 else np.nan
    )
    return f"{values.mean():+.3f} +- {half:.3f}, lowest {values.min():+.3f}"


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--partitions", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    shops = [reviews_of(seed, given.events) for seed in given.seeds]
    for partitions in given.partitions:
        right: dict[str, list[float]] = {name: [] for name in ("best", *MODELS)}
        seconds = 0.0
        for reviews in shops:
            began = time.process_time()
            answers = run(reviews, partitions)
            seconds += time.process_time() - began
            half = slice(len(reviews) // 2, None)
            happy = np.array([review.happy for review in reviews])[half]
            right["best"].append(float(np.maximum(happy, 1.0 - happy).mean()))
            for name, answer in answers.items():
                right[name].append(float(np.where(answer[half] > 0.5, happy, 1.0 - happy).mean()))
        found = {name: np.array(values) for name, values in right.items()}
        many = sum(map(len, shops))
        stars = sum(review.event.stars is not None for reviews in shops for review in reviews)
        print(
            f"{partitions} partition(s), {len(shops)} shops of {given.events:,} events: "
            f"{many:,} reviews, {stars} with stars; {1e6 * seconds / many:.0f} us a review for all models"
        )
        for name, values in found.items():
            print(f"  {name:17} right {values.mean():.3f}; behind the best {said(found['best'] - values)}")
        for twin, name in TWINS:
            print(f"  {name} ahead of {twin}: {said(found[name] - found[twin])}")


if __name__ == "__main__":
    main()
