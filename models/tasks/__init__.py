"""The tasks: what is asked when, from which features, by which models, and how the label settles."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.tasks.conversion import CONVERSION
from models.tasks.spec import ModelKind, ModelSpec, TaskSpec
from models.tasks.visits import SettledVisit, Visits, visit_of

__all__ = ["TASKS", "ModelKind", "ModelSpec", "SettledVisit", "TaskSpec", "Visits", "visit_of"]

TASKS: Final[Mapping[str, TaskSpec]] = MappingProxyType({task.name: task for task in (CONVERSION,)})
"""Every task by name, in the order in which they are asked."""
