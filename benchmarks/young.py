"""How good the models of every task are while they are young: simulator to portfolio, in memory, no broker.

``python -m benchmarks.young`` prints, over windows of settled labels, each online model's share of the learnable
(expected losses, by the oracle) with its expected calibration error against the oracle. Where no oracle knows
a task, it is the skill: by how much the mean loss is below that of the best baseline. The batch recipes stand beside
them, fitted with their default parameters to all labels that were settled before the window.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.logged import examples_of
from contracts.codec import decode
from contracts.emission import Emission
from contracts.records import Truth
from contracts.topics import TRUTH, USER_EVENTS
from models import evaluate
from models.batch import Examples, columns_of, training_of
from models.batch.train import fit
from models.kinds import Classification
from models.tasks import TASKS, TaskSpec
from producers.simulator import Scenario, Simulator

__all__ = ["WINDOWS", "Oracle", "figure", "windows_of"]

WINDOWS = ((0, 5_000), (5_000, 10_000), (10_000, 30_000))
LAST = 50_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Oracle:
    """A shop passed on as it is, with the oracle's chance noted by partition and offset: it comes after its event."""

    def __init__(self, shop: Iterable[Emission]) -> None:
        self._shop = shop
        self.chances: dict[tuple[int, int], float] = {}

    def __iter__(self) -> Iterator[Emission]:
        newest: dict[int, int] = {}
        for emission in self._shop:
            if emission.topic == USER_EVENTS.name:
                newest[emission.partition] = newest.get(emission.partition, -1) + 1
            elif emission.topic == TRUTH.name:
                truth = decode(TRUTH, emission.value)
                if isinstance(truth, Truth):
                    self.chances[emission.partition, newest[emission.partition]] = truth.bayes
            yield emission


def windows_of(labels: int) -> list[tuple[int, int]]:
    """The young windows that are whole, and the last labels after them.

    Examples
    --------
    >>> windows_of(120_000)[1:]
    [(5000, 10000), (10000, 30000), (70000, 120000)]
    >>> windows_of(6_000)
    [(0, 5000), (5000, 6000)]
    """
    whole = [window for window in WINDOWS if window[1] <= labels]
    begin = max(labels - LAST, whole[-1][1] if whole else 0)
    return [*whole, (begin, labels)] if begin < labels else whole


def figure(task: TaskSpec, label: Floats, answers: Floats, truth: Floats | None, baseline: float) -> str:
    """Share with calibration error, or skill against a baseline's mean loss."""
    if truth is not None:
        bins = evaluate.calibration(truth, answers, np.arange(len(truth)))
        share, off = evaluate.expected_share(truth, answers), evaluate.expected_calibration_error(bins)
        return f"{share or 0.0:7.3f} (off {off:.3f})"
    return f"{1.0 - mean_loss(task, label, answers) / baseline:7.3f}" + " " * 12


def mean_loss(task: TaskSpec, label: Floats, answers: Floats) -> float:
    """Mean of the task's own loss."""
    pairs = zip(label.tolist(), answers.tolist(), strict=True)
    return float(np.mean([task.kind.loss(y, task.kind.checked(answer)) for y, answer in pairs]))


def batch_answers(
    task: TaskSpec, examples: Examples, order: Ints, window: tuple[int, int]
) -> dict[str, Floats]:
    """What each batch recipe answers in a window when it was fitted to what came before."""
    begin, end = window
    if begin == 0:
        return {}
    training = training_of(task)
    columns = columns_of(task.features().declared, training.left_out)
    found = {}
    with threadpool_limits(limits=1, user_api="openmp"):
        for name, recipe in training.by_name.items():
            known = np.sort(order[:begin])
            model = fit(task, recipe, columns, examples, known, parameters=recipe.defaults, seed=0)
            found[name] = model.answer(examples.x[order[begin:end]])
    return found


def show(task: TaskSpec, examples: Examples, chances: dict[tuple[int, int], float]) -> None:
    """Print a line a model."""
    order: Ints = np.argsort(examples.settled_ms, kind="stable")
    places = zip(examples.partition[order].tolist(), examples.offset[order].tolist(), strict=True)
    truth = np.array([chances.get(place, np.nan) for place in places])
    label = examples.label[order]
    online = {m.name: examples.answers[m.name][order] for m in task.models if m.kind == "online"}
    baselines = [examples.answers[m.name][order] for m in task.models if m.kind == "baseline"]
    has_truth = isinstance(task.kind, Classification) and bool(np.isfinite(truth).all())
    lines: dict[str, list[str]] = {}
    windows = windows_of(len(label))
    for number, window in enumerate(windows):
        part = slice(*window)
        best = 0.0 if has_truth else min(mean_loss(task, label[part], answers[part]) for answers in baselines)
        answered = {name: answers[part] for name, answers in online.items()}
        answered |= {f"{name}, batch": a for name, a in batch_answers(task, examples, order, window).items()}
        for name, answers in answered.items():
            said = figure(task, label[part], answers, truth[part] if has_truth else None, best)
            lines.setdefault(name, [" " * 19] * number).append(said)
    what = "share of the learnable (calibration error)" if has_truth else "skill against the best baseline"
    print(f"\n{task.name}: {what}, by labels settled")
    print(f"  {'':25}" + " ".join(f"{f'{begin:,}-{end:,}':>19}" for begin, end in windows))
    for name, figures in lines.items():
        print(f"  {name:25}" + " ".join(figures), flush=True)


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=1)
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.events:,} events, {given.partitions} partition(s)", flush=True)
    for task in (one for one in TASKS.values() if one.batch is not None):
        shop = Oracle(Simulator(Scenario(given.seed, given.events, given.partitions)))
        show(task, examples_of(shop, task, given.partitions), shop.chances)


if __name__ == "__main__":
    main()
