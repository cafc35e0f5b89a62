"""The marts that training reads, filled from a simulated shop without an ETL."""

from __future__ import annotations

import json
from collections.abc import Iterable

from benchmarks.logged import logged
from infra.postgres import Database
from models.tasks import TaskSpec
from producers.simulator import Scenario, Simulator

__all__ = ["fill_marts", "simulated_rows"]


def simulated_rows(task: TaskSpec, events: int, feature_set: int) -> Iterable[tuple]:
    shop = Simulator(Scenario(seed=3, events=events, partitions=2))
    for features, outcome in logged(shop, task, 2):
        if outcome.label is not None:
            yield (
                task.name, outcome.partition, outcome.offset, outcome.event_id, outcome.user_id, outcome.session_id,
                outcome.time, outcome.label, outcome.why, outcome.settled_offset, outcome.settled_time,
                json.dumps(outcome.answers), json.dumps(outcome.losses), feature_set,
                features.values,
            )  # fmt: skip


def fill_marts(database: Database, rows: Iterable[tuple], sets: dict[int, tuple[str, list[str]]]) -> None:
    """Put rows of the view `training_example` into the tables that it is made of, as the ETL would."""
    rows = list(rows)
    with database.transaction() as connection, connection.cursor() as cursor:
        for number, (task, names) in sets.items():
            cursor.execute("INSERT INTO dim_feature_set VALUES (%s, %s, %s)", (number, task, names))
        decision = 'task, partition, "offset", event_id, user_id, session_id, time'
        seen = 'COPY fact_features (task, partition, "offset", feature_set, features) FROM STDIN'
        with cursor.copy(seen) as copy:
            for row in rows:
                copy.write_row((*row[:3], *row[13:]))
        label = "label, why, settled_offset, settled_time, answers, losses"
        settled = f"COPY fact_outcome ({decision}, {label}) FROM STDIN"
        with cursor.copy(settled) as copy:
            for row in rows:
                copy.write_row(row[:13])
