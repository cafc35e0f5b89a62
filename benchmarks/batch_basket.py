"""A batch model of the basket task on a recorded shop: trained on the oldest invoices, judged on the newest fifth.

``python -m benchmarks.batch_basket FILE`` replays in memory, trains with the pipelines of ``freshet train`` and prints
its mean absolute error beside those of the models that answered the very same rows online; also by quarters of the
slice, for an online model learns on through it and a batch model does not, and of the same pipeline when it is fitted
again before each quarter to all that was settled by then.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.logged import examples_of
from models.batch import Examples, Split, Trained, columns_of, split, train, training_of
from models.batch.train import fit
from models.tasks import TASKS
from models.tasks.basket.features import AMOUNTS
from producers.replay import RecordedFile, Replay

TASK = TASKS["basket"]
NEWEST = 0.2
QUARTERS = 4

Floats = NDArray[np.float64]


def newest_invoices(examples: Examples, share: float = NEWEST) -> Split:
    """Slices of which the last has the newest `share` of the invoices, however many rows that is."""
    begins = np.full(int(examples.session.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(begins, examples.session, examples.time_ms)
    cut = np.quantile(begins, 1.0 - share)
    return split(examples, evaluate=float((examples.time_ms >= cut).mean()))


def show(trained: Trained, seconds: float) -> None:
    """Print the table."""
    found = trained.report
    print(f"{found.sessions:,} newest invoices, {found.rows:,} rows; trained in {seconds:.0f} s")
    print(f"chosen: {trained.recipe.name} {dict(trained.parameters)}")
    for name, search in trained.searches.items():
        cut = ", cut by the budget" if search.is_cut else ""
        best = f"{search.best.loss:.2f} on the tuning slice, of {search.best.rows:,} rows"
        print(f"  {name}: {len(search.trials)} fits{cut}, best {best}")
    print(f"  {'model':30} {'MAE':>9} {'RMSE':>9} {'R2':>7}")
    for name, figures in sorted(found.metrics.items(), key=lambda one: one[1]["mae"] or 0.0):
        mae, rmse, r2 = (figures[metric] or 0.0 for metric in ("mae", "rmse", "r2"))
        print(f"  {name:30} {mae:9.2f} {rmse:9.2f} {r2:7.3f}  {found.kinds[name]}")
    print(f"against {found.rival}: {found.difference:+.2f}, standard error {found.error or 0.0:.2f}")


def trained_again(trained: Trained, examples: Examples) -> Floats:
    """Answers to the newest slice of the same pipeline, fitted again before each quarter but the first."""
    quarters = np.array_split(trained.split.evaluate, QUARTERS)
    answers = [trained.judged.answer(examples.x[quarters[0]])]
    columns = columns_of(TASK.features().declared, AMOUNTS)
    for rows in quarters[1:]:
        known = np.flatnonzero(examples.settled_ms < examples.time_ms[rows[0]])
        model = fit(
            TASK,
            trained.recipe,
            columns,
            examples,
            known,
            parameters=trained.parameters,
            seed=0,
        )
        answers.append(model.answer(examples.x[rows]))
    return np.concatenate(answers)


def show_quarters(trained: Trained, examples: Examples) -> None:
    """Print how each model does from quarter to quarter of the newest slice."""
    rows = trained.split.evaluate
    with threadpool_limits(limits=1, user_api="openmp"):
        own = {
            trained.recipe.name: trained.judged.answer(examples.x[rows]),
            f"{trained.recipe.name}, trained again": trained_again(trained, examples),
        }
    online = {model.name: examples.answers[model.name][rows] for model in TASK.models}
    print("  by quarter, and all of it")
    for name, answers in (own | online).items():
        off = np.abs(answers - examples.label[rows])
        said = " ".join(f"{quarter.mean():9.2f}" for quarter in (*np.array_split(off, QUARTERS), off))
        print(f"  {name:30} {said}")


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="UCI Online Retail as CSV, plain or gzip")
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--budget", type=float, default=300.0, help="seconds for each recipe's training")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    examples = examples_of(Replay(RecordedFile(given.file), given.partitions), TASK, given.partitions)
    print(f"{len(examples):,} labels of {len(np.unique(examples.session)):,} invoices")
    for name in training_of(TASK).by_name:
        began = time.monotonic()
        trained = train(
            TASK,
            examples,
            recipes=[name],
            budget_s=given.budget,
            clock=time.monotonic,
            seed=given.seed,
            parts=newest_invoices(examples),
        )
        show(trained, time.monotonic() - began)
        show_quarters(trained, examples)


if __name__ == "__main__":
    main()
