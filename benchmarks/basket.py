"""How well the basket models tell what a cart will be worth: a recorded shop to portfolio, in memory, no broker.

``python -m benchmarks.basket FILE --partitions 1 2`` prints a table over the last 50,000 settled labels and over all;
``--simulated EVENTS`` in the place of FILE takes the simulated shop.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.codec import decode_user_event
from contracts.emission import Emission
from contracts.records import ModelQuarantined, Outcome
from contracts.topics import USER_EVENTS
from models import evaluate
from models.portfolio import Portfolio
from models.tasks import TASKS
from producers.replay import RecordedFile, Replay
from producers.simulator import Scenario, Simulator

LABELS = 50_000
TASK = TASKS["basket"]
NAMES = tuple(model.name for model in TASK.models)


def run(shop: Iterable[Emission], partitions: int) -> NDArray[np.float64]:
    """Fold a whole shop, one portfolio a partition; rows of (label, answer of each model) as labels settled."""
    portfolios = [Portfolio(partition, (TASK,)) for partition in range(partitions)]
    offsets = [0] * partitions
    rows: list[list[float]] = []
    seconds = 0.0
    for emission in shop:
        if emission.topic != USER_EVENTS.name:
            continue
        event, time_ms = decode_user_event(emission.value)
        began = time.process_time()
        outputs = portfolios[emission.partition].step(event, time_ms, offsets[emission.partition])
        seconds += time.process_time() - began
        offsets[emission.partition] += 1
        for output in outputs:
            assert not isinstance(output, ModelQuarantined), output
            if isinstance(output, Outcome) and output.label is not None:
                numbers = (output.label, *(answer or 0.0 for answer in output.answers.values()))
                rows.append([one for one in numbers if isinstance(one, float)])
    sizes = ", ".join(f"{len(pickle.dumps(portfolio)):,}" for portfolio in portfolios)
    print(
        f"{len(rows):,} labels, {seconds / max(len(rows), 1) * 1e6:.0f} us a label for all models and features"
    )
    print(f"state in bytes, by partition: {sizes}")
    return np.array(rows)


def show(rows: NDArray[np.float64], title: str) -> None:
    """One line a model: MAE, RMSE, R2, and the MAE over all labels."""
    newest = rows[-LABELS:]
    print(f"{title}, last {len(newest):,} labels of {len(rows):,}")
    print(f"  {'model':30} {'MAE':>9} {'RMSE':>9} {'R2':>7} {'MAE, all':>9}")
    for column, model in enumerate(TASK.models, 1):
        label, answer = newest[:, 0], newest[:, column]
        figures = (
            evaluate.mean_absolute_error(label, answer),
            evaluate.root_mean_squared_error(label, answer),
            evaluate.r2(label, answer),
            evaluate.mean_absolute_error(rows[:, 0], rows[:, column]),
        )
        mae, rmse, r2, over_all = figures
        print(f"  {model.name:30} {mae:9.2f} {rmse:9.2f} {r2 or 0.0:7.3f} {over_all:9.2f}  {model.kind}")


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", type=Path, help="UCI Online Retail as CSV, plain or gzip")
    source.add_argument("--simulated", type=int, metavar="EVENTS")
    parser.add_argument("--partitions", type=int, nargs="+", default=[2])
    parser.add_argument("--seed", type=int, default=1, help="of the simulated shop")
    arguments = parser.parse_args()
    file = RecordedFile(arguments.file) if arguments.file else None
    for partitions in arguments.partitions:
        if file is not None:
            replay = Replay(file, partitions)
            rows = run(replay, partitions)
            print(f"rows: {replay.rows.as_json()}")
        else:
            scenario = Scenario(arguments.seed, arguments.simulated, partitions)
            rows = run(Simulator(scenario), partitions)
        show(rows, f"{partitions} partition{'s' * (partitions > 1)}")


if __name__ == "__main__":
    main()
