"""One run: plan, read, judge, stage, move."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contracts.events import ProductEvent, UserEvent
from contracts.labels import AHEAD_MS
from contracts.records import Features, OutcomeRecord, Prediction
from contracts.settings import Settings
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, USER_EVENTS, Topic
from infra.postgres import Database, queries, read_password
from models.tasks import TASKS
from spark_jobs.attempt import empty_again, empty_staging, only_run, release, spark_errors
from spark_jobs.clean import Seen, judge, refuse_foreign, refuse_too_far_ahead, ticks_of
from spark_jobs.copying import Staged, Target, stage
from spark_jobs.errors import EtlFailed
from spark_jobs.events import interactions, orders, returns, sessions, user_events, users
from spark_jobs.feature_sets import known_feature_sets
from spark_jobs.learning import features, late_labels, outcomes, predictions
from spark_jobs.ledger import Span, plan, read_ledger
from spark_jobs.move import Fault, move
from spark_jobs.products import product_states
from spark_jobs.reading import read_spans
from spark_jobs.report import RunReport

__all__ = ["STEPS", "Progress", "run_once"]

Progress = Callable[[str, int], None]
"""Told what is done next, and how many steps are done."""

_STRUCTS: Final = {
    USER_EVENTS: get_args(UserEvent),
    PRODUCT_EVENTS: get_args(ProductEvent),
    PREDICTIONS: (Prediction,),
    FEATURES: (Features,),
    OUTCOMES: get_args(OutcomeRecord),
}
_Transforms = tuple[tuple[str, Callable[[DataFrame], DataFrame]], ...]
_FROM_EVENTS: Final[_Transforms] = (
    ("stage_user", users),
    ("stage_session", sessions),
    ("stage_order", orders),
    ("stage_return", returns),
    ("stage_interaction", interactions),
)
_FROM_RECORDS: Final[dict[Topic, _Transforms]] = {
    PRODUCT_EVENTS: (("stage_product_state", product_states),),
    PREDICTIONS: (("stage_prediction", predictions),),
    FEATURES: (("stage_features", features),),
    OUTCOMES: (("stage_outcome", outcomes), ("stage_late_label", late_labels)),
}
# A table that has rows of one type only: where a run has none of that type, Spark need not look.
_ONLY_OF: Final = {
    "stage_order": "OrderPlaced",
    "stage_return": "OrderReturned",
    "stage_outcome": "Outcome",
    "stage_late_label": "LateLabel",
}
STEPS: Final = len(_STRUCTS) + 1 + len(_FROM_EVENTS) + sum(map(len, _FROM_RECORDS.values())) + 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SQL: Final = queries("marts")
_ONE_AT_A_TIME: Final = "Run one at a time, or wait for `freshet etl --every` to do it."


def run_once(
    spark: SparkSession,
    settings: Settings,
    *,
    progress: Progress = lambda _, __: None,
    fault: Fault = lambda _: None,
) -> RunReport:
    """Move everything between the ledger and the topics' last stable offsets into the marts.

    All of it or nothing: a run that dies anywhere leaves the marts as they were. Where there is nothing new, nothing is
    written.

    Parameters
    ----------
    spark : SparkSession
        See `spark_jobs.session.open_session`.
    settings : Settings
        Of broker, database and namespace; the schema is there (`infra.postgres.migrate`).
    progress : callable
        See `Progress`; there are `STEPS` steps.
    fault : callable
        Told where the run is, for tests.

    Raises
    ------
    EtlRuns, LedgerMoved
        If another run is at it, or was faster.
    OffsetsLost, TopicRemade, MartsMismatch
        If the topics are not those, or not as much of them, as the ledger says.
    EtlFailed
        If Spark or a task of it failed.
    contracts.errors.Unreachable
        If broker or database is not there.
    """
    started_at, started_s = datetime.now(UTC), time.monotonic()
    password = read_password(settings.database_password_file)
    with ExitStack() as held:
        database = held.enter_context(Database(settings.database_url, password))
        held.enter_context(only_run(settings.database_url, password, _SQL, hint=_ONE_AT_A_TIME))
        spans = plan(settings, read_ledger(database))
        every = [span for of_topic in spans.values() for span in of_topic]
        if all(span.start == span.end for span in every):
            return RunReport(None, time.monotonic() - started_s)
        empty_staging(database, _SQL)
        target = Target(settings.database_url, password, uuid.uuid4())
        work = _Run(spark, settings.bootstrap, target, progress)
        try:
            with spark_errors():
                # The main input first: what learners wrote is held to its clock.
                for topic in (USER_EVENTS, *(other for other in spans if other is not USER_EVENTS)):
                    work.stage_topic(topic, spans[topic])
        except EtlFailed:
            plan(settings, read_ledger(database))  # it says best that the log was cut meanwhile
            raise
        finally:
            work.close()
        progress("moving", STEPS - 1)
        run_id, moved = move(
            database,
            target.attempt,
            started_at,
            every,
            work.ticked_at,
            work.staged,
            work.good,
            work.bad,
            known_feature_sets(settings),
            fault=fault,
        )
        empty_again(database, _SQL)
    return RunReport(run_id, time.monotonic() - started_s, work.good, work.bad, moved)


class _Run:
    """What a run gathers, topic by topic."""

    def __init__(self, spark: SparkSession, bootstrap: str, target: Target, progress: Progress) -> None:
        self._spark = spark
        self._bootstrap = bootstrap
        self._target = target
        self._progress = progress
        self._kept: list[DataFrame] = []
        self._done = 0
        self.staged: list[Staged] = []
        self.good: dict[str, dict[str, int]] = {}
        self.bad: dict[str, dict[str, int]] = {}
        self.ticked_at: dict[tuple[str, int], datetime] = {}
        self._seen: dict[int, Seen] = {}

    def stage_topic(self, topic: Topic, spans: Sequence[Span]) -> None:
        """Read, judge, count and stage what is new on one topic."""
        new = [span for span in spans if span.start < span.end]
        if topic is USER_EVENTS:
            self._seen = {span.partition: Seen(span.end, _latest_ms(span.ticked_at)) for span in spans}
        if not new:
            return
        self._say(f"reading {topic.name}")
        judged = self._keep(judge(read_spans(self._spark, self._bootstrap, new), _STRUCTS[topic]))
        if topic is USER_EVENTS:
            judged = self._by_the_clock(judged, spans)
        elif topic in (PREDICTIONS, FEATURES, OUTCOMES):
            judged = refuse_foreign(judged, TASKS, self._seen)
        self._count(judged, new[0].topic)
        if topic is USER_EVENTS:
            events = self._keep(user_events(judged))
            self._stage("stage_event", events)
            for table, transform in _FROM_EVENTS:
                self._stage_if_any(table, events, transform, new[0].topic)
        for table, transform in _FROM_RECORDS.get(topic, ()):
            self._stage_if_any(table, judged, transform, new[0].topic)
        self.close()

    def close(self) -> None:
        """Let go of what Spark keeps."""
        for frame in self._kept:
            release(frame)
        self._kept.clear()

    def _keep(self, frame: DataFrame) -> DataFrame:
        self._kept.append(frame.persist())
        return frame

    def _say(self, what: str) -> None:
        self._progress(what, self._done)
        self._done += 1

    def _stage(self, table: str, frame: DataFrame) -> None:
        self._say(f"copying {table.removeprefix('stage_').replace('_', ' ')}s")
        self.staged.append(stage(frame, table, self._target))

    def _stage_if_any(
        self, table: str, frame: DataFrame, transform: Callable[[DataFrame], DataFrame], topic: str
    ) -> None:
        if table in _ONLY_OF and _ONLY_OF[table] not in self.good.get(topic, {}):
            self._done += 1
        else:
            self._stage(table, transform(frame))

    def _by_the_clock(self, judged: DataFrame, spans: Sequence[Span]) -> DataFrame:
        """Hold events to the ticks, as `consumers.learner` does: few, so the driver puts them in their order."""
        clock: list[tuple[int, int, int]] = []
        now_ms: dict[int, int] = {}
        for span in spans:
            if span.ticked_at is not None:
                now_ms[span.partition] = _ms_of(span.ticked_at)
                clock.append((span.partition, -1, now_ms[span.partition]))
        for partition, offset, time_ms in sorted(map(tuple, ticks_of(judged).collect())):
            before_ms = now_ms.get(partition)
            if before_ms is None or before_ms < time_ms <= before_ms + AHEAD_MS:
                now_ms[partition] = time_ms
                clock.append((partition, offset, time_ms))
        self.ticked_at = {
            (spans[0].topic, p): _EPOCH + timedelta(milliseconds=ms) for p, ms in now_ms.items()
        }
        for span in spans:
            ticked_at = self.ticked_at.get((span.topic, span.partition))
            self._seen[span.partition] = Seen(span.end, _latest_ms(ticked_at))
        frame = self._spark.createDataFrame(clock, "partition int, offset long, ticked_ms long")
        return self._keep(refuse_too_far_ahead(judged, frame))

    def _count(self, judged: DataFrame, topic: str) -> None:
        kind = F.when(F.col("reason").isNull(), F.col("event.type")).alias("type")
        for row in judged.groupBy("reason", kind).count().collect():
            of: dict[str, dict[str, int]] = self.good if row["reason"] is None else self.bad
            of.setdefault(topic, {})[row["reason"] or row["type"]] = row["count"]


def _ms_of(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _latest_ms(ticked_at: datetime | None) -> int | None:
    return None if ticked_at is None else _ms_of(ticked_at) + AHEAD_MS
