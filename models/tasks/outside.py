"""Tasks and models that other installed packages add, by their entry points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final, TypeVar

from contracts.errors import EnvironmentProblem
from models.tasks.spec import ModelSpec, TaskSpec

__all__ = ["MODELS_GROUP", "TASKS_GROUP", "with_outside"]

T = TypeVar("T")

TASKS_GROUP: Final = "freshet.tasks"
"""Each entry point names a `TaskSpec`; its own name does not matter."""

MODELS_GROUP: Final = "freshet.models"
"""Each entry point names a `ModelSpec`; its own name is ``task.model``."""


def with_outside(
    ours: Iterable[TaskSpec],
    tasks: Iterable[EntryPoint] | None = None,
    models: Iterable[EntryPoint] | None = None,
) -> Mapping[str, TaskSpec]:
    """Add what other packages declare: tasks after ours, models after all others of their task, both by name.

    Parameters
    ----------
    ours : iterable of TaskSpec
        In the order in which they are asked.
    tasks, models : iterable of EntryPoint, optional
        Those of the installed packages, if not given.

    Raises
    ------
    EnvironmentProblem
        If an entry point can't be loaded, is none, or takes a name that is taken.
    """
    found = {task.name: task for task in ours}
    for point in _sorted(entry_points(group=TASKS_GROUP) if tasks is None else tasks):
        task = _load(point, TaskSpec)
        if task.name in found:
            raise _refused(point, f"must have a name of its own. There is a task {task.name} already.")
        found[task.name] = task
    for point in _sorted(entry_points(group=MODELS_GROUP) if models is None else models):
        name, _, model_name = point.name.partition(".")
        model = _load(point, ModelSpec)
        if name not in found or model.name != model_name:
            said = f"must be called task.model, with a task of {', '.join(found)} and {model.name} for the model."
            raise _refused(point, said)
        if any(model.name == other.name for other in found[name].models):
            raise _refused(point, f"must have a name of its own. {name} has a model {model.name} already.")
        found[name] = replace(found[name], models=(*found[name].models, model))
    return MappingProxyType(found)


def _sorted(points: Iterable[EntryPoint]) -> list[EntryPoint]:
    # In the order of their names, however packages lie on the disk: the order decides the bits.
    return sorted(set(points), key=lambda point: (point.name, point.value))


def _load(point: EntryPoint, kind: type[T]) -> T:
    try:
        loaded = point.load()
    except Exception as error:  # whatever happens when a stranger's module is imported
        raise _refused(point, f"can't be loaded. {type(error).__name__}: {error}") from error
    if not isinstance(loaded, kind):
        raise _refused(point, f"must be a {kind.__name__}. Got {type(loaded).__name__}.")
    return loaded


def _refused(point: EntryPoint, said: str) -> EnvironmentProblem:
    package = point.dist.name if point.dist is not None else point.value
    message = f"The entry point {point.group}: {point.name} of {package} {said}"
    return EnvironmentProblem(message, hint=f"Mend that package, or remove it: pip uninstall {package}")
