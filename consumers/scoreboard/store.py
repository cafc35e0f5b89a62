"""The scoreboard's tables: the state is loaded from them, and offsets and scores are written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consumers.scoreboard.board import TRUTH_TASK, WINDOW_LABELS
from consumers.scoreboard.fold import Changes, State
from contracts.codec import decode, encode, time_ms
from contracts.errors import FreshetError
from contracts.labels import SILENCE_MS
from contracts.records import Metrics
from contracts.topics import METRICS
from infra.postgres import Connection, Database, queries
from models.kinds import Lines, ScoredLabel, decode_answers
from models.tasks import TASKS

__all__ = ["KEEP_AFTER_DRIFT", "KEEP_LABELS", "At", "Store"]

KEEP_LABELS: Final = 50_000
"""Newest labels kept of each task and partition: then the newest of all partitions are there, however they arrived."""

KEEP_AFTER_DRIFT: Final = 100_000
"""Labels kept from the latest drift on, of each partition: a recovery shows within far fewer."""

_NO_LINES: Final = Lines(0)

At = tuple[str, int]
"""A topic's name and a partition."""


class Store:
    """Reads and writes for one scoreboard; every method is one transaction.

    Parameters
    ----------
    database : Database
        With the schema in place.
    keep_labels, keep_after_drift : int
        See `KEEP_LABELS` and `KEEP_AFTER_DRIFT`.
    trim_every : int
        Labels of a task and partition between two trims.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep_labels: int = KEEP_LABELS,
        keep_after_drift: int = KEEP_AFTER_DRIFT,
        trim_every: int = 10_000,
    ) -> None:
        self._database = database
        self._keep_labels = keep_labels
        self._keep_after_drift = keep_after_drift
        self._trim_every = trim_every
        self._sql = queries("scoreboard")
        self._since_trim: dict[tuple[str, int], int] = {}

    def offsets(self) -> dict[At, tuple[str, int]]:
        """Id of the topic and next offset of each partition that was begun."""
        with self._database.transaction() as connection:
            rows = connection.execute(self._sql["offsets"]).fetchall()
        return {(topic, partition): (topic_id, offset) for topic, partition, topic_id, offset in rows}

    def begin(self, begun: Mapping[At, tuple[str, int]]) -> None:
        """Note the first offsets of partitions that were not read before."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                self._sql["begin_offset"],
                [
                    (topic, partition, topic_id, offset)
                    for (topic, partition), (topic_id, offset) in begun.items()
                ],
            )

    def load(self) -> State:
        """The state as of the last transaction."""
        state = State()
        with self._database.transaction() as connection:
            for partition, settled_ms, truth_ms in connection.execute(self._sql["clocks"]):
                state.settled_ms[partition], state.truth_ms[partition] = settled_ms, truth_ms
            for kind, task, partition, records in connection.execute(self._sql["totals"]):
                state.totals[kind, task, partition] = records
            for task, partition, model in connection.execute(queries("boards")["served"]):
                state.served[task, partition] = model
            for task, model, partition, offset, _ in connection.execute(queries("boards")["quarantined"]):
                state.out.setdefault((task, partition), {}).setdefault(model, set()).add(offset)
            for partition, task, event_id, *lines in connection.execute(self._sql["truths"]):
                state.truths.setdefault(partition, {})[task, event_id] = Lines(*lines)
            for task in {task for kind, task, _ in state.totals if kind == "labels"}:
                self._load_windows(connection, state, task)
            self._load_waiting(connection, state)
        return state

    def _load_windows(self, connection: Connection, state: State, task: str) -> None:
        rows = connection.execute(queries("boards")["window_labels"], (task, WINDOW_LABELS)).fetchall()
        labels = [_label(row[:9], row[9:]) for row in reversed(rows)]
        count = sum(n for (kind, of, _), n in state.totals.items() if kind == "labels" and of == task)
        state.windows.restore(task, count, labels)

    def _load_waiting(self, connection: Connection, state: State) -> None:
        # The very objects in the window, where they are there: a truth that comes completes both.
        for task in (name for name, spec in TASKS.items() if spec.has_truth):
            in_window = {(one.partition, one.position): one for one in state.windows.waiting(task)}
            for row in connection.execute(self._sql["waiting_labels"], (task, SILENCE_MS)):
                label = _label(row, ())
                label = in_window.get((label.partition, label.position), label)
                state.labels.setdefault(label.partition, {})[task, label.event_id] = label

    def save(self, changes: Changes, state: State, moved: Mapping[At, tuple[int, int]]) -> None:
        """Write `changes`, and move offsets from where they were to where they are.

        Raises
        ------
        FreshetError
            If an offset is not where it was: a second scoreboard writes into the same tables. Nothing is written.
        Unreachable
            If the database went away. It may have committed: load the state again.
        """
        sql = self._sql
        with self._database.transaction() as connection, connection.cursor() as cursor:
            for (topic, partition), (before, after) in moved.items():
                if cursor.execute(sql["move_offset"], (after, topic, partition, before)).rowcount != 1:
                    msg = f"The scoreboard's offset of {topic}/{partition} must be {before}, and is not any more."
                    raise FreshetError(msg, hint="Does another scoreboard write into the same database?")
            self._save_labels(connection, changes)
            self._save_truths(connection, changes)
            self._save_rest(connection, changes, state)
            self._trim(connection, changes)

    def _save_labels(self, connection: Connection, changes: Changes) -> None:
        cursor = connection.cursor()
        if changes.labels:
            with cursor.copy(self._sql["copy_labels"]) as copy:
                for one in changes.labels:
                    copy.write_row(
                        (
                            one.task,
                            one.partition,
                            one.position,
                            one.settled_ms,
                            one.decided_ms,
                            one.event_id,
                            one.session_id,
                            one.label,
                            encode(one.answers).decode(),
                            *(one.lines or _NO_LINES)[1:],
                        )
                    )
        if changes.completed:
            columns = zip(
                *(
                    (one.task, one.partition, one.position, *(one.lines or ())[1:])
                    for one in changes.completed
                ),
                strict=True,
            )
            cursor.execute(self._sql["complete_labels"], [list(column) for column in columns])

    def _save_truths(self, connection: Connection, changes: Changes) -> None:
        cursor = connection.cursor()
        if changes.truths_gone:
            gone = zip(*((partition, *point) for partition, point in changes.truths_gone), strict=True)
            cursor.execute(self._sql["drop_truths"], [list(column) for column in gone])
        if changes.truths:
            with cursor.copy(self._sql["copy_truths"]) as copy:
                for (partition, point), lines in changes.truths.items():
                    copy.write_row((partition, *point, *lines))

    def _save_rest(self, connection: Connection, changes: Changes, state: State) -> None:
        sql = self._sql
        rows: dict[str, list[tuple[Any, ...]]] = {
            "save_clock": [
                (p, state.settled_ms.get(p, 0), state.truth_ms.get(p, 0)) for p in sorted(changes.partitions)
            ],
            "save_total": [(*key, state.totals[key]) for key in sorted(changes.totals)],
            "save_served": [(*key, state.served[key]) for key in sorted(changes.served)],
            "save_drift": [
                (p, d.event_number, d.drift, d.event_id, time_ms(d.time)) for p, d in changes.drifts
            ],
            "save_quarantine": [
                (q.task, q.model, q.partition, q.offset, q.reason.replace("\0", "\ufffd"))
                for q in changes.quarantines
            ],
            "drop_quarantine": changes.back,
            "save_deployment": [
                (f.task, f.model, f.stage, f.change, f.partition, f.offset) for f in changes.deployments
            ],
            "save_window": [(m.task, m.labels, encode(m).decode()) for m in changes.metrics],
        }
        with connection.cursor() as cursor:
            for name, values in rows.items():
                if values:
                    cursor.executemany(sql[name], values)

    def _trim(self, connection: Connection, changes: Changes) -> None:
        for label in changes.labels:
            at = (label.task, label.partition)
            self._since_trim[at] = self._since_trim.get(at, 0) + 1
        for (task, partition), added in self._since_trim.items():
            if added >= self._trim_every:
                self._since_trim[task, partition] = 0
                connection.execute(
                    self._sql["trim_labels"],
                    {
                        "task": task,
                        "partition": partition,
                        "keep": self._keep_labels,
                        "keep_after_drift": self._keep_after_drift if task == TRUTH_TASK else 0,
                    },
                )

    def newest_windows(self) -> list[Metrics]:
        """The newest windowed scores of each task."""
        with self._database.transaction() as connection:
            rows = connection.execute(queries("boards")["newest_windows"]).fetchall()
        return [decode(METRICS, row[0].encode()) for row in rows]

    def drifts(self) -> list[tuple[str, int]]:
        """Every drift that was seen, and the user events before it."""
        with self._database.transaction() as connection:
            rows = connection.execute(queries("boards")["drifts"]).fetchall()
        return [(drift, event_number) for drift, event_number in rows]

    def unsent(self) -> list[Metrics]:
        """Windowed scores that may not stand on ``ml.metrics`` yet, in order."""
        with self._database.transaction() as connection:
            return [
                decode(METRICS, row[2].encode()) for row in connection.execute(self._sql["unsent_windows"])
            ]

    def are_sent(self, sent: list[Metrics]) -> None:
        """Note that these stand on ``ml.metrics``."""
        with self._database.transaction() as connection:
            connection.execute(
                self._sql["windows_are_sent"], ([m.task for m in sent], [m.labels for m in sent])
            )


def _label(row: tuple[Any, ...], lines: tuple[Any, ...]) -> ScoredLabel:
    task, partition, position, settled_ms, decided_ms, event_id, session_id, label, answers = row
    known = None if all(line is None for line in lines) else Lines(decided_ms, *lines)
    given = decode_answers(answers)
    return ScoredLabel(
        task, partition, position, settled_ms, decided_ms, event_id, session_id, label, given, known
    )
