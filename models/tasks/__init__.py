"""The tasks: what is asked when, from which features, by which models, and how the label settles."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.tasks.basket import BASKET
from models.tasks.conversion import CONVERSION
from models.tasks.spec import ModelKind, ModelSpec, TaskSpec

__all__ = ["TASKS", "ModelKind", "ModelSpec", "TaskSpec"]

TASKS: Final[Mapping[str, TaskSpec]] = MappingProxyType({task.name: task for task in (CONVERSION, BASKET)})
"""Every task by name, in the order in which they are asked."""
