"""Names of features: as this code has them, and as learners told them on ``ml.models``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.features import feature_set_id
from contracts.records import FeatureSetDeclared
from contracts.settings import Settings
from contracts.topics import MODELS, topic_name
from infra.kafka import read_to_end
from models.belief import OF_ANY_TIME, believed
from models.tasks import TASKS, TaskSpec

__all__ = ["FeatureSetRow", "known_feature_sets", "names_of"]

FeatureSetRow: TypeAlias = tuple[int, str, list[str]]


def names_of(task: TaskSpec) -> tuple[str, ...]:
    """Names of the task's features, in order."""
    return tuple(feature.name for feature in task.features().declared)


def known_feature_sets(settings: Settings) -> list[FeatureSetRow]:
    """All that are known: number, task and names of each, as `dim_feature_set` has them."""
    known = [(task.name, names_of(task)) for task in TASKS.values()]
    known += [(one.task, one.names) for one in _declared(settings)]
    return [_row(task, names) for task, names in dict.fromkeys(known)]


def _row(task: str, names: Sequence[str]) -> FeatureSetRow:
    return feature_set_id(task, names), task, list(names)


def _declared(settings: Settings) -> Iterator[FeatureSetDeclared]:
    for record in read_to_end(settings.bootstrap, topic_name(MODELS, settings.namespace)):
        with suppress(BadRecord):
            told = believed(decode(MODELS, record.value), record.partition, OF_ANY_TIME)
            if isinstance(told, FeatureSetDeclared):
                yield told
