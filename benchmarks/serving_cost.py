"""What a batch model costs an event: a turn's rows in one matrix, against one by one.

``python -m benchmarks.serving_cost`` trains each recipe with its default parameters on a simulated shop and prints
microseconds an event, the median of five alternating runs, and the ratio. Processor time of this process, which
answers on one thread, so that neighbours on the machine do not count.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.logged import examples_of
from models.batch import train, training_of
from models.registry import BatchModel, dump
from models.tasks import TASKS, TaskSpec
from producers.simulator import Scenario, Simulator

Ask: TypeAlias = Callable[[BatchModel, NDArray[np.float64]], None]

RUNS = 5
# 500 events a second make turns of a dozen; 2,000 records are the most that a poll brings.
TURNS = (10, 100, 2_000)


def one_by_one(model: BatchModel, rows: NDArray[np.float64]) -> None:
    """Ask for each event as it comes."""
    for row in rows:
        model.answer(row[None])


def at_once(model: BatchModel, rows: NDArray[np.float64]) -> None:
    """Ask for the whole turn."""
    model.answer(rows)


def us_an_event(ask: Ask, model: BatchModel, rows: NDArray[np.float64]) -> float:
    """Time it once."""
    began = time.process_time()
    ask(model, rows)
    return 1e6 * (time.process_time() - began) / len(rows)


def measure(task: TaskSpec, events: int) -> None:
    """Print a line for each recipe and size of a turn."""
    examples = examples_of(Simulator(Scenario(seed=1, events=events)), task, 2)
    print(f"{task.name}: {len(examples.names)} features, {len(examples):,} labels")
    for name in training_of(task).by_name:
        model = train(task, examples, recipes=[name], budget_s=0.0, clock=time.monotonic).model
        size = len(dump(model.estimator))
        for turn in TURNS:
            rows = examples.x[np.arange(turn) % len(examples)]
            singly = rows[:50]
            runs = [
                (us_an_event(one_by_one, model, singly), us_an_event(at_once, model, rows))
                for _ in range(RUNS)
            ]
            slow, fast = (statistics.median(side) for side in zip(*runs, strict=True))
            print(
                f"  {name:15} turn of {turn:5,}: {fast:8.1f} us an event at once, {slow:8.1f} one by one, "
                f"{slow / fast:6.1f}x  ({size / 1e6:.2f} MB)",
                flush=True,
            )


def main() -> None:
    """Measure every task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    given = parser.parse_args()
    for task in TASKS.values():
        measure(task, given.events)


if __name__ == "__main__":
    main()
