"""Which modules define what a portfolio does: where the search for the code that decides the bits begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial

from models.tasks import TaskSpec

__all__ = ["defining_modules"]


def defining_modules(tasks: Iterable[TaskSpec]) -> frozenset[str]:
    """Name the modules of all classes and functions that tasks are declared with.

    Parameters
    ----------
    tasks : iterable of TaskSpec
        The tasks, with their models and feature sets.

    Returns
    -------
    frozenset of str
        Names as in `sys.modules`. What these modules import is for the caller to follow.

    Examples
    --------
    >>> from models.tasks import TASKS
    >>> sorted(defining_modules([TASKS["basket"]]) & {"models.online.prior", "models.tasks.basket.features"})
    ['models.online.prior', 'models.tasks.basket.features']
    """
    found: set[str] = set()
    for task in tasks:
        declared = (task.asks, task.features, task.label, task.kind)
        made = (task.features(), *(model.build() for model in task.models))
        parts = [part for model in task.models for part in (model.make, model.parameters)]
        for part in (*declared, *made, *parts):
            found.update(_modules_of(part))
    return frozenset(found - {"builtins"})


def _modules_of(part: object) -> Iterator[str]:
    if isinstance(part, partial):
        yield from _modules_of((part.func, part.args, part.keywords))
    elif isinstance(part, Mapping):
        yield from _modules_of(tuple(part.values()))
    elif isinstance(part, list | tuple | set | frozenset):
        for one in part:
            yield from _modules_of(one)
    elif is_dataclass(part) and not isinstance(part, type):
        yield from _modules_of((type(part), *(getattr(part, one.name) for one in fields(part))))
    elif isinstance(part, type):
        yield from (base.__module__ for base in part.__mro__)
    else:
        # A function says itself where it is from; an instance goes by its class.
        is_named = hasattr(part, "__qualname__")
        yield from [part.__module__ or "builtins"] if is_named else _modules_of(type(part))
