"""From the marts to a registered model: read, train, draw, register."""

from __future__ import annotations

import time
from importlib.metadata import version as version_of
from importlib.util import find_spec
from typing import TYPE_CHECKING

from contracts.errors import EnvironmentProblem, FreshetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.model_version import ModelVersion
    from contracts.settings import Settings
    from infra.postgres import RegistryStore
    from models.batch import Examples, Progress, Trained
    from models.tasks import TaskSpec

__all__ = ["MOST_ROWS", "read_examples", "train_and_register"]

# 64 features of 8 bytes: 270 MB.
MOST_ROWS = 500_000


def read_examples(settings: Settings, task: TaskSpec, *, backfilled: bool = False) -> tuple[Examples, int]:
    """The newest settled labels of a task, with the features logged or those backfilled; and how many there are in all.

    Raises
    ------
    FreshetError
        If there are too few labels.
    """
    from infra.postgres import TrainingRows, database_of
    from models.batch import LEAST_LABELS, Example, Examples

    names = [feature.name for feature in task.features().declared]
    with database_of(settings) as database:
        rows = TrainingRows(database, task.name, names, backfilled=backfilled)
        found = rows.count()
        if found.usable < LEAST_LABELS:
            others = f", and {found.other_features:,} with other features" if found.other_features else ""
            where = "with backfilled features" if backfilled else "in the database"
            message = (
                f"Training needs at least {LEAST_LABELS:,} labels of {task.name} {where}. "
                f"There are {found.usable:,}{others}."
            )
            more = f" and: freshet backfill {task.name}" if backfilled else ""
            raise FreshetError(message, hint=f"Newer ones come with: freshet etl{more}")
        return Examples.of((Example(*row) for row in rows.read(MOST_ROWS)), names), found.usable


def train_and_register(
    settings: Settings,
    store: RegistryStore,
    task: TaskSpec,
    recipes: Sequence[str],
    budget_s: float,
    progress: Progress = lambda done, most, what: None,
    *,
    backfilled: bool = False,
) -> tuple[ModelVersion, Trained, dict[str, bytes]]:
    """Train a model of `task` and register it; the pictures of its card by name.

    Raises
    ------
    EnvironmentProblem
        If what training needs is not installed.
    FreshetError
        If there are too few labels, or of one class only.
    """
    if find_spec("matplotlib") is None:
        message = "Training needs matplotlib, which is not installed."
        raise EnvironmentProblem(message, hint="Install it: pip install 'freshet[train]'")
    import os

    from contracts.model_version import ModelVersion
    from infra.signing import load_key
    from models.batch import model_card, plots, train
    from models.registry import dump, libraries

    key = load_key(settings.secret_file)
    examples, labels = read_examples(settings, task, backfilled=backfilled)
    try:
        trained = train(
            task,
            examples,
            recipes=recipes,
            budget_s=budget_s,
            clock=time.monotonic,
            progress=progress,
            threads=max(1, (os.cpu_count() or 1) - 1),  # the stream goes on meanwhile
        )
    except ValueError as error:
        message = f"{task.name} can't be trained yet. {error}"
        raise FreshetError(message, hint="Wait for more labels, then: freshet etl") from error
    drawn = plots(task, trained, examples)
    draft = ModelVersion(
        task=task.name,
        name=trained.recipe.name,
        digest="0" * 64,
        signature=trained.model.signature,
        libraries=libraries(),
        code_version=version_of("freshet"),
        data_window=trained.window,
        parameters=dict(trained.parameters) | ({"examples": "backfilled"} if backfilled else {}),
        metrics={"labels": labels, **trained.report.as_json()},
    )
    registered = store.register(
        draft,
        dump(trained.model.estimator),
        lambda numbered: model_card(task, numbered, trained, examples, drawn),
        key,
    )
    return registered, trained, drawn
