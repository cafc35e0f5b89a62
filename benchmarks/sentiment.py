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

from contracts.codec import decode, decode_user_event
from contracts.events import ReviewPosted
from contracts.records import ModelQuarantined, Outcome, Prediction, TaskTruth
from contracts.topics import TRUTH
from models.portfolio import Portfolio
from models.tasks import TASKS
from models.tasks.sentiment.online import TWINS
from producers.simulator import Scenario, Simulator

TASK: Final = TASKS["sentiment"]
NAMES: Final = tuple(model.name for model in TASK.models)


class Run(NamedTuple):
    """Reviews in their order: the chance of each to be a happy one, and each model's answer."""

    happy: NDArray[np.float64]
    answers: dict[str, NDArray[np.float64]]
    labels: int
    seconds: float


def run(scenario: Scenario) -> Run:
    """Fold all reviews of a shop, one portfolio a partition."""
    portfolios = [Portfolio(partition, (TASK,)) for partition in range(scenario.partitions)]
    happy: list[float] = []
    asked: list[dict[str, float]] = []
    labels, seconds = 0, 0.0
    for emission in Simulator(scenario):
        if emission.event_type == TaskTruth.__name__:
            truth = decode(TRUTH, emission.value)
            if isinstance(truth, TaskTruth) and truth.task == TASK.name and isinstance(truth.truth, float):
                happy.append(truth.truth)
        elif emission.event_type == ReviewPosted.__name__:
            event, time_ms = decode_user_event(emission.value)
            began = time.process_time()
            outputs = portfolios[emission.partition].step(event, time_ms, len(asked))
            seconds += time.process_time() - began
            for output in outputs:
                assert not isinstance(output, ModelQuarantined), output
                if isinstance(output, Prediction):
                    asked.append(output.answers)
                elif isinstance(output, Outcome):
                    labels += output.label is not None
    answers = {name: np.array([one[name] for one in asked]) for name in NAMES}
    return Run(np.array(happy), answers, labels, seconds)


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
    for partitions in given.partitions:
        shops = [run(Scenario(seed, given.events, partitions)) for seed in given.seeds]
        right: dict[str, list[float]] = {name: [] for name in ("best", *NAMES)}
        for shop in shops:
            half = slice(len(shop.happy) // 2, None)
            happy = shop.happy[half]
            right["best"].append(float(np.maximum(happy, 1.0 - happy).mean()))
            for name, answer in shop.answers.items():
                right[name].append(float(np.where(answer[half] > 0.5, happy, 1.0 - happy).mean()))
        found = {name: np.array(values) for name, values in right.items()}
        many = sum(len(shop.happy) for shop in shops)
        cost = 1e6 * sum(shop.seconds for shop in shops) / many
        print(
            f"{partitions} partition(s), {len(shops)} shops of {given.events:,} events: {many:,} reviews, "
            f"{sum(shop.labels for shop in shops)} with stars; {cost:.0f} us a review for all models"
        )
        for name, values in found.items():
            print(f"  {name:17} right {values.mean():.3f}; behind the best {said(found['best'] - values)}")
        for twin, name in TWINS:
            print(f"  {name} ahead of {twin}: {said(found[name] - found[twin])}")


if __name__ == "__main__":
    main()
