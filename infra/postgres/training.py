"""What models are trained on: the views ``training_example`` and ``backfilled_example``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from psycopg import sql

from infra.postgres.database import Connection, Database
from infra.postgres.queries import queries

__all__ = ["LabelCount", "TrainingRow", "TrainingRows"]

_AT_A_TIME: Final = 5_000


class TrainingRow(NamedTuple):
    """One decision point whose label is settled; times in milliseconds since 1970."""

    partition: int
    offset: int
    session_id: str
    time_ms: int
    settled_ms: int
    label: float
    answers: Mapping[str, float | None]
    features: Sequence[float]


class LabelCount(NamedTuple):
    """Settled labels of a task: those with the features that are asked for, and those with others."""

    usable: int
    other_features: int


class TrainingRows:
    """Reads the rows of one task, those with these features.

    Parameters
    ----------
    database : Database
        Where the marts are (`infra.postgres.migrate`).
    task : str
        Of which task.
    features : sequence of str
        Names that a row must have, all of them and no others, in whatever order; rows are given in this order.
    backfilled : bool
        Features as ``freshet backfill`` computed them, not as they were logged.
    """

    def __init__(
        self, database: Database, task: str, features: Sequence[str], *, backfilled: bool = False
    ) -> None:
        self._database = database
        self._task = task
        self._features = tuple(features)
        self._sql = queries("training")
        self._examples = sql.Identifier("backfilled_example" if backfilled else "training_example")

    def count(self) -> LabelCount:
        """How many labels there are."""
        with self._database.transaction() as connection:
            known = self._feature_sets(connection)
            counts = dict(connection.execute(self._query("counts"), (self._task,)).fetchall())
        usable = sum(count for number, count in counts.items() if number in known)
        return LabelCount(usable, sum(counts.values()) - usable)

    def read(self, most: int) -> Iterator[TrainingRow]:
        """The newest `most` rows of each feature set, streamed."""
        with self._database.transaction() as connection:
            for number, places in self._feature_sets(connection).items():
                as_is = places == tuple(range(len(places)))
                with connection.cursor("training", binary=True) as cursor:
                    cursor.itersize = _AT_A_TIME
                    cursor.execute(
                        self._query("rows"),
                        {"task": self._task, "feature_set": number, "most": most},
                    )
                    for row in cursor:
                        read = TrainingRow(*row)
                        yield (
                            read
                            if as_is
                            else read._replace(features=[read.features[place] for place in places])
                        )

    def _query(self, name: str) -> sql.Composed:
        return sql.SQL(self._sql[name]).format(examples=self._examples)

    def _feature_sets(self, connection: Connection) -> dict[int, tuple[int, ...]]:
        """Where each wanted feature stands, by the number of each feature set that has all of them."""
        found = {}
        for number, names in connection.execute(self._sql["feature_sets"], (self._task,)):
            if len(names) == len(self._features) and set(names) == set(self._features):
                found[number] = tuple(names.index(name) for name in self._features)
        return found
