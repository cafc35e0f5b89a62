"""The view that training reads, filled from a simulated shop, where no ETL has run."""

from __future__ import annotations

import json
from collections.abc import Iterable

from benchmarks.logged import logged
from infra.postgres import Database
from models.tasks import TaskSpec
from producers.simulator import Scenario, Simulator

__all__ = ["make_view", "simulated_rows"]

_TABLES = """
CREATE TABLE dim_feature_set (feature_set bigint PRIMARY KEY, task text NOT NULL, names text[] NOT NULL);
CREATE TABLE training_example (
    task text, partition integer, "offset" bigint, event_id text, user_id text, session_id text, "time" timestamptz,
    label double precision, why text, settled_offset bigint, settled_time timestamptz, answers jsonb, losses jsonb,
    feature_set bigint, features double precision[]
);
"""


def simulated_rows(task: TaskSpec, events: int, feature_set: int) -> Iterable[tuple]:
    shop = Simulator(Scenario(seed=3, events=events, partitions=2))
    for prediction, outcome in logged(shop, task, 2):
        if outcome.label is not None:
            yield (
                task.name, outcome.partition, outcome.offset, outcome.event_id, outcome.user_id, outcome.session_id,
                outcome.time, outcome.label, outcome.why, outcome.settled_offset, outcome.settled_time,
                json.dumps(outcome.answers), json.dumps(outcome.losses), feature_set,
                list(prediction.features.values()),
            )  # fmt: skip


def make_view(database: Database, rows: Iterable[tuple], sets: dict[int, tuple[str, list[str]]]) -> None:
    """Put what the ETL would bring where it would bring it."""
    with database.transaction() as connection:
        for name in ("training_example", "dim_feature_set"):
            # The marts' own view, where their migration is there.
            kind = connection.execute(
                "SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", (name,)
            ).fetchone()
            if kind is not None:
                connection.execute(f"DROP {'VIEW' if kind[0] in (b'v', 'v') else 'TABLE'} {name} CASCADE")
        connection.execute(_TABLES)
        for number, (task, names) in sets.items():
            connection.execute("INSERT INTO dim_feature_set VALUES (%s, %s, %s)", (number, task, names))
        with connection.cursor() as cursor, cursor.copy("COPY training_example FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
