"""From staging into the marts: one transaction, with the ledger in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import psycopg
from psycopg import sql

from infra.postgres import Connection, Database, queries
from spark_jobs.copying import Staged
from spark_jobs.errors import EtlFailed, LedgerMoved
from spark_jobs.feature_sets import FeatureSetRow
from spark_jobs.ledger import Span

__all__ = ["FAULT_POINTS", "Fault", "hold_to", "move"]

Fault = Callable[[str], None]
FAULT_POINTS: Final = ("staged", "ledger advanced", "half moved", "moved", "committed")
"""Where a test may end a run."""

# Statements in their order; a name that begins with ``move_`` counts for the table that it names.
_STEPS: Final = (
    "move_dim_user",
    "move_product",
    "move_product_state",
    "forget_dim_product",
    "move_dim_product",
    "move_fact_event",
    "take_back_fact_session",
    "move_fact_session",
    "forget_bought",
    "move_fact_order",
    "forget_fact_order_line",
    "move_fact_order_line",
    "move_fact_return",
    "move_interaction",
    "count_bought",
    "move_fact_prediction",
    "move_fact_features",
    "move_fact_outcome",
    "move_fact_late_label",
)


def move(
    database: Database,
    attempt: uuid.UUID,
    started_at: datetime,
    spans: Sequence[Span],
    ticked_at: Mapping[tuple[str, int], datetime],
    staged: Sequence[Staged],
    good: Mapping[str, Mapping[str, int]],
    bad: Mapping[str, Mapping[str, int]],
    feature_sets: Sequence[FeatureSetRow],
    *,
    fault: Fault = lambda _: None,
) -> tuple[int, dict[str, int]]:
    """Move what was staged, and advance the ledger from each span's start to its end: all of it or nothing.

    Parameters
    ----------
    database : Database
        Of marts and staging.
    attempt : UUID
        Tag of the staged rows.
    started_at : datetime
        When the run began.
    spans : sequence of Span
        What was read; those with nothing new are passed over.
    ticked_at : mapping of (str, int) to datetime
        The clock of each topic and partition that has ticks, after what was read.
    staged : sequence of Staged
        What must lie in each staging table.
    good, bad : mapping
        Records by topic, and type or reason.
    feature_sets : sequence of (int, str, list of str)
        Names of features that are known; those that are there stay as they are.
    fault : callable
        Told where the run is, for tests.

    Returns
    -------
    run_id : int
        In `etl_run`.
    moved : dict of str to int
        Rows inserted or changed, by table.

    Raises
    ------
    LedgerMoved
        If another run advanced the ledger meanwhile. Nothing was moved.
    EtlFailed
        If staging does not hold what was staged: the server crashed, or another run emptied it. Nothing was moved.
    contracts.errors.Unreachable
        If the database went away. It may have committed: the next run sees.
    """
    sql_of = queries("marts")
    fault("staged")
    try:
        with database.transaction() as connection:
            # One snapshot for all of it: what a task of a dead attempt still writes is not seen half.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for span in spans:
                _advance(connection, span, ticked_at.get((span.topic, span.partition), span.ticked_at))
            fault("ledger advanced")
            for one in staged:
                hold_to(connection, attempt, one)
            add = sql_of["add_feature_set"]
            moved = {"dim_feature_set": sum(connection.execute(add, row).rowcount for row in feature_sets)}
            for step in _STEPS:
                if step == "move_fact_session":
                    fault("half moved")
                rows = connection.execute(sql_of[step], {"attempt": attempt}).rowcount
                if step.startswith("move_"):
                    moved[step.removeprefix("move_")] = rows
            run_id = _note(connection, attempt, started_at, spans, good, bad, moved)
            fault("moved")
    except psycopg.errors.SerializationFailure as error:
        raise _lost_the_race(spans[0]) from error
    fault("committed")
    return run_id, moved


def _lost_the_race(span: Span) -> LedgerMoved:
    message = (
        f"The ledger must stand at {span.topic}/{span.partition} offset {span.start}. Another run moved it meanwhile; "
        "this one moved nothing."
    )
    return LedgerMoved(message, hint="Run one at a time on a database.")


def _advance(connection: Connection, span: Span, ticked_at: datetime | None) -> None:
    if span.start == span.end and not span.begins:
        return
    name = "begin_ledger" if span.begins else "advance_ledger"
    values = {
        "topic": span.topic,
        "partition": span.partition,
        "topic_id": span.topic_id,
        "from": span.start,
        "until": span.end,
        "ticked_at": ticked_at,
    }
    if connection.execute(queries("marts")[name], values).rowcount != 1:
        raise _lost_the_race(span)


def hold_to(connection: Connection, attempt: uuid.UUID, staged: Staged) -> None:
    """Leave out what tasks wrote that don't count, and see that all the others' rows are there.

    Raises
    ------
    EtlFailed
        If they are not.
    """
    table = sql.Identifier(staged.table)
    strays = sql.SQL("DELETE FROM {} WHERE attempt = %s AND writer <> ALL (%s)").format(table)
    connection.execute(strays, (attempt, list(staged.writers)))
    count = sql.SQL("SELECT count(*) FROM {} WHERE attempt = %s").format(table)
    (rows,) = connection.execute(count, (attempt,)).fetchone() or (0,)
    if rows != staged.rows:
        message = (
            f"{staged.table} must hold {staged.rows} rows of this run. It holds {rows}; nothing was moved."
        )
        raise EtlFailed(message, hint="The database crashed, or another run emptied it: run it again.")
    connection.execute(sql.SQL("ANALYZE {}").format(table))


def _note(
    connection: Connection,
    attempt: uuid.UUID,
    started_at: datetime,
    spans: Sequence[Span],
    good: Mapping[str, Mapping[str, int]],
    bad: Mapping[str, Mapping[str, int]],
    moved: Mapping[str, int],
) -> int:
    sql_of = queries("marts")
    records = sum(sum(counts.values()) for found in (good, bad) for counts in found.values())
    (run_id,) = connection.execute(sql_of["note_run"], (attempt, started_at, records)).fetchone() or (0,)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql_of["note_read"],
            [(run_id, s.topic, s.partition, s.start, s.end) for s in spans if s.start < s.end],
        )
        for name, found in (("note_record", good), ("note_bad", bad)):
            cursor.executemany(
                sql_of[name],
                [(run_id, topic, kind, n) for topic, kinds in found.items() for kind, n in kinds.items()],
            )
        cursor.executemany(sql_of["note_moved"], [(run_id, table, rows) for table, rows in moved.items()])
    return int(run_id)
