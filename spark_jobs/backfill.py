"""Features of the whole history, computed by the fold that serves, held against what was logged, and kept."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any, Final

import psycopg
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contracts.features import feature_set_id
from contracts.settings import Settings
from contracts.topics import FEATURES, USER_EVENTS
from infra.postgres import Database, queries, read_password
from models.tasks import TaskSpec
from spark_jobs.attempt import empty_again, empty_staging, only_run, release, spark_errors
from spark_jobs.copying import Staged, Target, stage
from spark_jobs.errors import EtlFailed, TopicRemade
from spark_jobs.feature_sets import names_of
from spark_jobs.folding import computed, decisions, logged, tallies
from spark_jobs.ledger import Span, history, read_ledger
from spark_jobs.move import Fault, hold_to
from spark_jobs.parity import WRONG, Difference, compared, counts_of, differences_of
from spark_jobs.reading import read_spans
from spark_jobs.run import Progress

__all__ = ["BACKFILL_STEPS", "BackfillReport", "backfill"]

BACKFILL_STEPS: Final = 4
_SQL: Final = queries("backfill")


@dataclass(frozen=True)
class BackfillReport:
    """One backfill, for people and machines.

    Parameters
    ----------
    task : str
        Whose features.
    feature_set : int
        Their number in `dim_feature_set`.
    features : int
        How many they are.
    seconds : float
        From the look at the log to the commit.
    records_in : int
        Committed records of the main input.
    bad : dict of str to int
        Those of them that no learner takes, by reason.
    counts : dict of str to int
        Decision points by `spark_jobs.parity.KINDS`.
    unreadable : int
        Records of ``ml.features`` that are none.
    differences : tuple of Difference
        The first ones.
    rows : int
        Rows of this feature set in `fact_backfilled`.
    changed : int
        How many of them were inserted or changed, or are gone.
    """

    task: str
    feature_set: int
    features: int
    seconds: float
    records_in: int
    bad: dict[str, int]
    counts: dict[str, int]
    unreadable: int
    differences: tuple[Difference, ...]
    rows: int
    changed: int

    @property
    def is_same(self) -> bool:
        """Whether all that could be compared was logged with the very same bits, and nothing is missing."""
        return not any(self.counts[kind] for kind in WRONG)

    @property
    def compared(self) -> int:
        """Decision points that were logged with the same features."""
        return self.counts["equal"] + self.counts["different"]

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        said = asdict(self) | {"seconds": round(self.seconds, 3), "compared": self.compared}
        return said | {"is_same": self.is_same}


def backfill(
    spark: SparkSession,
    settings: Settings,
    task: TaskSpec,
    *,
    progress: Progress = lambda _, __: None,
    fault: Fault = lambda _: None,
) -> BackfillReport:
    """Fold the main input from its beginning to the last stable offset, and bring `fact_backfilled` to what comes out.

    All of it or nothing, whatever dies; where it was so already, nothing is written. What differs from what was
    logged is told, and moved all the same: it is what this code computes.

    Parameters
    ----------
    spark : SparkSession
        See `spark_jobs.session.open_session`.
    settings : Settings
        Of broker, database and namespace; the schema is there (`infra.postgres.migrate`).
    task : TaskSpec
        Whose features.
    progress : callable
        See `spark_jobs.run.Progress`; there are `BACKFILL_STEPS` steps.
    fault : callable
        Told ``staged``, for tests.

    Raises
    ------
    EtlRuns
        If another backfill is at it.
    OffsetsLost, TopicRemade, MartsMismatch
        If the log has lost its beginning, or is not the one that the marts are of.
    EtlFailed
        If Spark or a task of it failed.
    contracts.errors.Unreachable
        If broker or database is not there.
    """
    started_s = time.monotonic()
    names = names_of(task)
    password = read_password(settings.database_password_file)
    with ExitStack() as held:
        database = held.enter_context(Database(settings.database_url, password))
        hint = "Run one backfill at a time."
        held.enter_context(only_run(settings.database_url, password, _SQL, hint=hint))
        empty_staging(database, _SQL)
        spans = history(settings, read_ledger(database))
        target = Target(settings.database_url, password, uuid.uuid4())
        try:
            with spark_errors(), ExitStack() as frames:
                number = feature_set_id(task.name, names)
                _hold_to_log(database, number, spans[USER_EVENTS][0])

                def kept(frame: DataFrame) -> DataFrame:
                    frames.callback(release, frame.persist())
                    return frame

                progress(f"folding {USER_EVENTS.name}", 0)
                here = kept(computed(read_spans(spark, settings.bootstrap, spans[USER_EVENTS]), task))
                read = _tally(here)
                progress(f"comparing with {FEATURES.name}", 1)
                there = kept(logged(read_spans(spark, settings.bootstrap, spans[FEATURES]), task))
                cut = [span.partition for span in spans[FEATURES] if span.start > 0]
                both = compared(decisions(here), decisions(there), cut)
                counts = counts_of(both)
                differences = differences_of(both, names) if any(counts[kind] for kind in WRONG) else ()
                progress("copying features", 2)
                rows = decisions(here).select(
                    F.lit(number).alias("feature_set"), "partition", "offset", "event_id", "features"
                )
                staged = stage(rows, "stage_backfilled", target)
                unreadable = sum(n for reason, n in _tally(there).items() if reason is not None)
        except EtlFailed:
            history(settings, read_ledger(database))  # it says best that the log was cut meanwhile
            raise
        progress("moving", 3)
        fault("staged")
        changed = _move(
            database, target.attempt, number, task.name, names, spans[USER_EVENTS], staged, counts
        )
        empty_again(database, _SQL)
    return BackfillReport(
        task=task.name,
        feature_set=number,
        features=len(names),
        seconds=time.monotonic() - started_s,
        records_in=sum(read.values()),
        bad={reason: n for reason, n in sorted(read.items(), key=str) if reason is not None},
        counts=counts,
        unreadable=unreadable,
        differences=differences,
        rows=staged.rows,
        changed=changed,
    )


def _tally(frame: DataFrame) -> dict[str | None, int]:
    return {row["reason"]: row["records"] for row in tallies(frame).collect()}


def _hold_to_log(database: Database, number: int, span: Span) -> None:
    """Offsets of a topic that was made again are other events than those of the rows that are there."""
    with database.transaction() as connection:
        found = connection.execute(_SQL["topic_id"], (number,)).fetchone()
    if found is not None and found[0] != span.topic_id:
        message = (
            f"{span.topic} must be the topic with id {found[0]}, which was backfilled before. It was made again, with "
            f"id {span.topic_id}."
        )
        raise TopicRemade(message, topic=span.topic, hint="To start over: an empty database.")


def _move(
    database: Database,
    attempt: uuid.UUID,
    number: int,
    task: str,
    names: Sequence[str],
    spans: Sequence[Span],
    staged: Staged,
    counts: Mapping[str, int],
) -> int:
    """One transaction; how many rows it inserted, changed and deleted."""
    values = {"attempt": attempt, "feature_set": number}
    with (
        database.transaction() as connection
    ):  # by itself, for a run of the ETL may add the same one meanwhile
        connection.execute(queries("marts")["add_feature_set"], (number, task, list(names)))
    try:
        with database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            hold_to(connection, attempt, staged)
            changed = sum(connection.execute(_SQL[step], values).rowcount for step in ("forget", "move"))
            noted = {
                **counts,
                "feature_set": number,
                "topic_id": spans[0].topic_id,
                "until_offsets": json.dumps({str(span.partition): span.end for span in spans}),
                "rows_computed": staged.rows,
                "rows_changed": changed,
            }
            connection.execute(_SQL["note"], noted)
    except psycopg.errors.SerializationFailure as error:
        message = "Another backfill moved the same rows meanwhile; this one moved nothing."
        raise EtlFailed(message, hint="Run one backfill at a time.") from error
    return changed
