"""What others may ask the scoreboard: counts, boards, curves, who is served and why, and how far behind it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from consumers.scoreboard.board import BOARD_LABELS, TRUTH_TASK, AfterDrift, board, role_of
from consumers.scoreboard.intake import topic_names
from consumers.scoreboard.store import KEEP_AFTER_DRIFT
from contracts.codec import decode
from contracts.errors import Unreachable
from contracts.records import Metrics, is_batch
from contracts.topics import METRICS
from infra.kafka import connect_consumer
from infra.postgres import Database, queries
from models.kinds import Columns
from models.tasks import TASKS

__all__ = [
    "Champion",
    "LagMeter",
    "Totals",
    "champions",
    "forget",
    "history",
    "read_board",
    "role_of",
    "totals",
]

_ANSWER_MS: Final = 5_000


@dataclass(frozen=True)
class Totals:
    """Records counted since the start of the log, by task where they have one.

    `outcomes` counts all that were settled, `labels` those that have a label. Passed over are what is no record
    (`unreadable`) and what its owner did not write, or speaks of tasks or models that nobody knows (`foreign`).
    """

    predictions: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    late: int = 0
    dead_letters: int = 0
    truths: int = 0
    truths_dropped: int = 0
    unreadable: int = 0
    foreign: int = 0


@dataclass(frozen=True)
class Champion:
    """The model that is served for a task, None where all are quarantined, and why it is."""

    model: str | None
    why: str


def totals(database: Database) -> Totals:
    """Count everything; raises `Unreachable`."""
    by_kind: dict[str, dict[str, int]] = {}
    with database.transaction() as connection:
        for kind, task, records in connection.execute(queries("boards")["totals"]):
            by_kind.setdefault(kind, {})[task] = records
    by_task = {
        kind: {task: found[task] for task in [*TASKS, *found] if task in found}
        for kind, found in by_kind.items()
    }
    return Totals(
        by_task.get("predictions", {}),
        by_task.get("outcomes", {}),
        by_task.get("labels", {}),
        *(
            sum(by_kind.get(kind, {}).values())
            for kind in ("late", "dead_letters", "truths", "truths_dropped", "unreadable", "foreign")
        ),
    )


def read_board(database: Database) -> dict[str, Any]:
    """Score the newest labels of each task that was predicted; see `board`. Takes a second or two.

    Raises
    ------
    Unreachable
        If the database does not answer.
    """
    sql = queries("boards")
    asked = totals(database).predictions
    with database.transaction() as connection:
        newest = {
            task: Columns.from_tuples(
                connection.execute(sql["newest_labels"], (task, BOARD_LABELS)).fetchall()
            )
            for task in asked
        }
        drift = None
        if (found := connection.execute(sql["latest_drift"]).fetchone()) is not None:
            _, at_events, began_ms = found
            chosen = {"task": TRUTH_TASK, "began_ms": began_ms, "limit": KEEP_AFTER_DRIFT}
            rows = connection.execute(sql["labels_after"], chosen).fetchall()
            drift = AfterDrift(at_events, began_ms, Columns.from_tuples(rows))
    return board(newest, drift)


def history(database: Database, task: str, *, points: int = 200) -> list[Metrics]:
    """Windowed scores of a task over time, oldest first: what stands on ``ml.metrics``; raises `Unreachable`."""
    with database.transaction() as connection:
        rows = connection.execute(queries("boards")["windows"], (task, points)).fetchall()
    return [decode(METRICS, row[0].encode()) for row in reversed(rows)]


def champions(database: Database) -> dict[str, Champion]:
    """Who is served for each task and why; raises `Unreachable`."""
    sql = queries("boards")
    served: dict[str, dict[int, str | None]] = {}
    out: dict[str, dict[str, str]] = {}
    batch: dict[str, dict[int, tuple[str, int]]] = {}
    with database.transaction() as connection:
        for task, partition, model in connection.execute(sql["served"]):
            served.setdefault(task, {})[partition] = model
        for task, model, partition, offset, reason in connection.execute(sql["quarantined"]):
            out.setdefault(task, {})[model] = (
                f"{model} is out since offset {offset} of partition {partition}: {reason}"
            )
        for task, model, stage, _, partition, offset in connection.execute(sql["deployments"]):
            standing = batch.setdefault(task, {})
            if stage == "champion":
                standing[partition] = (model, offset)
            elif partition in standing and standing[partition][0] == model:
                del standing[partition]
    return {
        task: _champion(task, served[task], out.get(task, {}), batch.get(task, {}))
        for task in [*TASKS, *served]
        if task in served
    }


def _champion(
    task: str, served: dict[int, str | None], out: dict[str, str], batch: dict[int, tuple[str, int]]
) -> Champion:
    """Who is served; `batch` has by partition the champion among batch models, and since which offset."""
    promoted = {model for model, _ in batch.values()}
    if (found := next((m for m in served.values() if m in promoted), None)) is not None:
        since = ", ".join(f"{p}:{offset:,}" for p, (model, offset) in sorted(batch.items()) if model == found)
        others = sorted(f"partition {p} serves {m or 'none'}" for p, m in served.items() if m != found)
        reasons = [out[m] for m in sorted(promoted) if m in out]
        return Champion(found, "; ".join([f"champion since offset {since}", *others, *reasons]))
    fallen = [out.get(m, f"{m} is champion and has not answered") for m in sorted(promoted)]
    served = {p: None if m is not None and is_batch(m) else m for p, m in served.items()}
    online = _first_online(task, served, out)
    return Champion(online.model, "; ".join([online.why, *fallen]))


def _first_online(task: str, served: dict[int, str | None], out: dict[str, str]) -> Champion:
    models = [m.name for m in TASKS[task].models] if task in TASKS else []
    # Where partitions differ, the one that is served where nothing was taken out: the highest in the order.
    found = {m for m in served.values() if m is not None}
    model = min(found, key=lambda m: models.index(m) if m in models else len(models)) if found else None
    ahead = models[: models.index(model) + 1] if model in models else models
    reasons = [out[m] for m in ahead if m in out]
    if model is None:
        return Champion(None, "; ".join(["every model is out", *reasons]))
    place = "first" if model not in models or models.index(model) == 0 else "next"
    others = sorted(f"partition {p} serves {m or 'none'}" for p, m in served.items() if m != model)
    return Champion(model, "; ".join([f"{place} in the order of serving", *others, *reasons]))


def forget(database: Database) -> None:
    """Delete all scores and offsets: the next scoreboard begins at the start of the log; raises `Unreachable`."""
    with database.transaction() as connection:
        connection.execute(queries("scoreboard")["forget"])


class LagMeter:
    """How many records the scoreboard has not scored yet.

    Keeps a connection to the broker, which is opened with the first `lag`. For one thread.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    database : Database
        Of the scoreboard.
    namespace : str
        Put before the names of topics.
    """

    def __init__(self, bootstrap: str, database: Database, namespace: str = "") -> None:
        self._bootstrap = bootstrap
        self._database = database
        self._topics = topic_names(namespace)
        self._consumer: KafkaConsumer | None = None

    def lag(self) -> dict[str, int]:
        """Records behind, by topic: 0 for all of them once everything is in the tables.

        Counted in offsets, of which markers of transactions are some; ends are those that a reader of committed
        records sees. A topic that is not there is behind by nothing.

        Raises
        ------
        Unreachable
            If broker or database do not answer.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(queries("boards")["offsets"]).fetchall()
        offsets = {(topic, partition): offset for topic, partition, offset in rows}
        try:
            if self._consumer is None:
                self._consumer = connect_consumer(self._bootstrap)
            at = [
                TopicPartition(topic, partition)
                for topic in self._topics
                for partition in self._consumer.partitions_for_topic(topic) or ()
            ]
            first, end = (
                self._consumer.beginning_offsets(at, timeout_ms=_ANSWER_MS),
                self._consumer.end_offsets(at, timeout_ms=_ANSWER_MS),
            )
        except KafkaError as error:
            self.close()
            msg = f"The broker at {self._bootstrap} does not answer ({type(error).__name__}: {error})."
            raise Unreachable(msg) from error
        behind = dict.fromkeys(self._topics, 0)
        for tp in at:
            behind[tp.topic] += max(0, end[tp] - offsets.get((tp.topic, tp.partition), first[tp]))
        return behind

    def close(self) -> None:
        """Let go of the broker."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=_ANSWER_MS)
            self._consumer = None

    def __enter__(self) -> LagMeter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
