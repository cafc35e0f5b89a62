"""How the batch models of one task are trained: declared in the task's folder, by name where the task is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pkgutil import resolve_name

from models.batch.recipes import Recipe
from models.batch.target import Target
from models.tasks import TaskSpec

__all__ = ["BatchTraining", "training_of"]


@dataclass(frozen=True)
class BatchTraining:
    """What is tried, and how labels are learnt.

    Parameters
    ----------
    recipes : tuple of Recipe
        In the order in which they are tried.
    target : Target
        How labels are learnt.
    left_out : tuple of str
        Features that the pipelines do not look at.
    """

    recipes: tuple[Recipe, ...]
    target: Target = Target()
    left_out: tuple[str, ...] = ()

    @property
    def by_name(self) -> Mapping[str, Recipe]:
        """The recipes by their names."""
        return {recipe.name: recipe for recipe in self.recipes}


def training_of(task: TaskSpec) -> BatchTraining:
    """How batch models of `task` are trained.

    Raises
    ------
    ValueError
        If the task has none, or names what is none.

    Examples
    --------
    >>> from models.tasks import TASKS
    >>> list(training_of(TASKS["basket"]).by_name)
    ['boosted-trees', 'batch-linear']
    """
    if task.batch is None:
        msg = f"A task must say how batch models are trained. {task.name} does not: it has none."
        raise ValueError(msg)
    found = resolve_name(task.batch)
    if not isinstance(found, BatchTraining):
        msg = f"{task.batch} of the task {task.name} must be a BatchTraining. Got {type(found).__name__}."
        raise ValueError(msg)  # noqa: TRY004 - a declaration, not an argument
    return found
