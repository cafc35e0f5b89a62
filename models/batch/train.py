"""From examples to a model that can be registered: split, search, fit, calibrate, evaluate once, learn the rest."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from threadpoolctl import threadpool_limits

from models.batch.columns import Columns, columns_of
from models.batch.examples import Examples
from models.batch.recipes import Recipe
from models.batch.report import Report, report
from models.batch.search import Progress, Search, candidates, search
from models.batch.splits import Split, check_split, split
from models.batch.training import training_of
from models.registry import BatchModel
from models.tasks import TaskSpec

__all__ = ["LEAST_LABELS", "Trained", "fit", "train"]

Ints = NDArray[np.int64]

LEAST_LABELS: Final = 2_000
"""With fewer, the newest slice tells no model from another."""

_CANDIDATES: Final = 12
# Of the budget; the rest is for fitting the chosen one twice, and for the plots.
_SEARCHING: Final = 0.6
_EXAMPLES: Final = 3


@dataclass(frozen=True)
class Trained:
    """A model with all that is to be said of it.

    Parameters
    ----------
    recipe : Recipe
        Of what kind it is.
    model : BatchModel
        To be registered: it has learned all slices. Its signature has examples.
    judged : BatchModel
        Made in the same way without the newest slice; `report` and pictures are of it.
    parameters : mapping
        Those that were chosen.
    window : dict of str to (int, int)
        Offsets [from, to) by partition of the rows it learned.
    report : Report
        On the newest slice.
    searches : mapping of str to Search
        By recipe.
    split : Split
        Which rows were which.
    """

    recipe: Recipe
    model: BatchModel
    judged: BatchModel
    parameters: Mapping[str, Any]
    window: dict[str, tuple[int, int]]
    report: Report
    searches: Mapping[str, Search]
    split: Split


def fit(
    task: TaskSpec,
    recipe: Recipe,
    columns: Columns,
    examples: Examples,
    rows: Ints,
    *,
    parameters: Mapping[str, Any],
    seed: int,
) -> BatchModel:
    """Fit one pipeline to `rows`; not calibrated yet."""
    target = training_of(task).target
    answer = cast(
        "Literal['probability', 'amount']", task.kind.batch_answer
    )  # `TaskSpec` takes no training without
    label, weight = target.of(examples, rows)
    weights = {} if weight is None else {"model__sample_weight": weight}
    with warnings.catch_warnings():
        # Whether it came near enough is what its loss on the next slice says.
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipeline = recipe.make(columns, seed, parameters).fit(examples.x[rows], label, **weights)
    return BatchModel(target.signature(examples, rows, answer), pipeline)


def train(
    task: TaskSpec,
    examples: Examples,
    *,
    recipes: Sequence[str] = (),
    budget_s: float,
    clock: Callable[[], float],
    progress: Progress = lambda done, most, what: None,
    seed: int = 0,
    threads: int = 1,
    parts: Split | None = None,
) -> Trained:
    """Train the best model of a task.

    It is chosen and judged by time, each slice after those it learned; then it learns the newest slice too, as it
    will be asked about what comes after that.

    Parameters
    ----------
    task : TaskSpec
        What is asked.
    examples : Examples
        With the columns that the task declares.
    recipes : sequence of str
        Names of those in the task's training; all if empty.
    budget_s : float
        Seconds. One model of each recipe is fitted in any case.
    clock : callable
        Seconds that pass.
    progress : callable
        See `Progress`.
    seed : int
        Of candidates and pipelines.
    threads : int
        That trees and linear algebra may use. More than there are idle cores make it slower: they wait for each
        other.
    parts : Split, optional
        Other slices than `split` makes.

    Raises
    ------
    ValueError
        If there are too few rows to split, or a slice has labels of one class only.
    """
    with threadpool_limits(limits=threads):
        return _train(task, examples, parts or split(examples), recipes, budget_s, clock, progress, seed)


def _train(
    task: TaskSpec,
    examples: Examples,
    parts: Split,
    recipes: Sequence[str],
    budget_s: float,
    clock: Callable[[], float],
    progress: Progress,
    seed: int,
) -> Trained:
    check_split(examples, parts)
    for name in ("fit", "tune", "evaluate"):
        if (missing := task.kind.why_not_trainable(examples.label[getattr(parts, name)])) is not None:
            msg = f"Of the rows to {name}: {missing}"
            raise ValueError(msg)
    training = training_of(task)
    columns = columns_of(task.features().declared, training.left_out)
    chosen = [training.by_name[name] for name in recipes] or list(training.recipes)
    began = clock()
    searches: dict[str, Search] = {}
    for number, recipe in enumerate(chosen, 1):
        ends = began + budget_s * _SEARCHING * number / len(chosen)

        def loss(parameters: Mapping[str, Any], count: int, recipe: Recipe = recipe) -> float:
            newest = parts.fit[-count:]
            model = fit(task, recipe, columns, examples, newest, parameters=parameters, seed=seed)
            answers = model.answer(examples.x[parts.tune])
            return float(task.kind.losses(examples.label[parts.tune], answers).mean())

        def tell(done: int, most: int, what: str, recipe: Recipe = recipe, number: int = number) -> None:
            progress((number - 1) * most + done, len(chosen) * most, f"{recipe.name}: {what}")

        searches[recipe.name] = search(
            candidates(recipe.defaults, recipe.choices, _CANDIDATES, seed),
            loss,
            len(parts.fit),
            is_over=lambda ends=ends: clock() >= ends,  # type: ignore[misc]
            progress=tell,
        )
    winner = min(chosen, key=lambda recipe: searches[recipe.name].best.loss)
    parameters = searches[winner.name].best.parameters

    def made(older: Ints, newer: Ints) -> BatchModel:
        learned = older if winner.is_calibrated else np.concatenate([older, newer])
        model = fit(task, winner, columns, examples, learned, parameters=parameters, seed=seed)
        if not winner.is_calibrated:
            return model
        return BatchModel(model.signature, _calibrated(model.estimator, examples, newer))

    judged = made(parts.fit, parts.tune)
    model = made(np.concatenate([parts.fit, parts.tune]), parts.evaluate)
    asked = examples.x[parts.evaluate[:_EXAMPLES]]
    model = BatchModel(
        replace(
            model.signature,
            example_rows=tuple(map(tuple, asked.tolist())),
            example_answers=tuple(model.answer(asked).tolist()),
        ),
        model.estimator,
    )
    return Trained(
        recipe=winner,
        model=model,
        judged=judged,
        parameters=parameters,
        window=examples.window(np.concatenate([parts.fit, parts.tune, parts.evaluate])),
        report=report(task, winner.name, judged.answer(examples.x[parts.evaluate]), examples, parts.evaluate),
        searches=searches,
        split=parts,
    )


def _calibrated(estimator: Any, examples: Examples, rows: Ints) -> Any:
    sigmoid = CalibratedClassifierCV(FrozenEstimator(estimator), method="sigmoid")
    return sigmoid.fit(examples.x[rows], examples.label[rows])
