"""Names of features: as this code has them, and as learners told them on ``ml.models``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.features import feature_set_id
from contracts.records import FeatureSetDeclared
from contracts.settings import Settings
from contracts.topics import MODELS, topic_name
from infra.kafka import read_to_end
from infra.postgres import Database, queries
from models.belief import OF_ANY_TIME, believed
from models.tasks import TASKS, TaskSpec

__all__ = ["add_feature_sets", "names_of"]


def names_of(task: TaskSpec) -> tuple[str, ...]:
    """Names of the task's features, in order."""
    return tuple(feature.name for feature in task.features().declared)


def add_feature_sets(database: Database, settings: Settings) -> None:
    """Note in `dim_feature_set` all that is known; those that are there stay as they are."""
    known = [(task.name, names_of(task)) for task in TASKS.values()]
    known += [(one.task, one.names) for one in _declared(settings)]
    with database.transaction() as connection:
        add = queries("marts")["add_feature_set"]
        for task, names in dict.fromkeys(known):
            connection.execute(add, _row(task, names))


def _row(task: str, names: Sequence[str]) -> tuple[int, str, list[str]]:
    return feature_set_id(task, names), task, list(names)


def _declared(settings: Settings) -> Iterator[FeatureSetDeclared]:
    for record in read_to_end(settings.bootstrap, topic_name(MODELS, settings.namespace)):
        with suppress(BadRecord):
            told = believed(decode(MODELS, record.value), record.partition, OF_ANY_TIME)
            if isinstance(told, FeatureSetDeclared):
                yield told
