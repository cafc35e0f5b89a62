"""The tasks: what is asked when, from which features, by which models, and how the label settles.

A task of ours is a folder here and a line below. One of another package is declared there, and named by the entry point
``freshet.tasks``; a model of another package by ``freshet.models``.
"""

from collections.abc import Mapping
from typing import Final

from models.tasks.basket.task import BASKET
from models.tasks.conversion.task import CONVERSION
from models.tasks.outside import with_outside
from models.tasks.sentiment.task import SENTIMENT
from models.tasks.spec import ModelKind, ModelSpec, TaskSpec

__all__ = ["TASKS", "ModelKind", "ModelSpec", "TaskSpec"]

TASKS: Final[Mapping[str, TaskSpec]] = with_outside((CONVERSION, BASKET, SENTIMENT))
"""Every task by name, in the order in which they are asked."""
