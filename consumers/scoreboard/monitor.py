"""How the scoreboard is, for machines: health, readiness, lag, counts, windowed scores."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from consumers.scoreboard.watch import Look
from contracts.records import Metrics
from infra.metric_families import counter, gauge

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from infra.monitoring import Health
    from infra.postgres import DatabaseCheck

__all__ = ["STALE_AFTER_S", "ScoreboardMonitor"]

STALE_AFTER_S: Final = 60.0
"""A scoreboard that has neither moved nor stood at the end of the log for so long is not healthy."""

_BY_TASK: Final = {
    "predictions": ("predictions", "Predictions that were read."),
    "outcomes": ("outcomes", "Predictions that were settled, with a label or without."),
    "labels": ("labels", "Predictions that were settled with a label."),
}
_IN_ALL: Final = {
    "late": ("late_labels", "Events for a visit that was settled already."),
    "dead_letters": ("dead_letters", "Records that learners could not use."),
    "truths": ("truths", "Decision points of which the simulator told the truth."),
    "truths_dropped": ("truths_dropped", "Truths whose label did not come in time."),
    "unreadable": ("unreadable", "Records that the scoreboard could not use."),
    "foreign": ("foreign", "Records that are not their owner's, or are of a model that nobody knows."),
}


class ScoreboardMonitor:
    """A `consumers.scoreboard.watch.Watch`, and the `infra.monitoring.Role` of the scoreboard.

    Parameters
    ----------
    database : DatabaseCheck
        Readiness asks it: a scoreboard with nothing to write would not notice that it is away.
    stale_after_s : float
        See `STALE_AFTER_S`.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        database: DatabaseCheck,
        *,
        stale_after_s: float = STALE_AFTER_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._stale_after_s = stale_after_s
        self._now = now
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._has_begun = False
        self._well_s: float | None = None
        self._look: Look | None = None
        self._metrics: dict[str, Metrics] = {}
        self._drifts: set[tuple[str, int]] = set()

    # -- told by the scoreboard ------------------------------------------------------------------------------

    def began(self, metrics: Sequence[Metrics], drifts: Collection[tuple[str, int]]) -> None:
        """Go on from these."""
        with self._lock:
            self._has_begun, self._problem = True, None
            self._take(metrics, drifts)

    def looked(self, look: Look) -> None:
        """Take in where it stands."""
        with self._lock:
            self._look = look
            self._take(look.metrics, look.drifts)
            if look.records or not sum(look.lag.values()):
                self._well_s = self._now()

    def _take(self, metrics: Sequence[Metrics], drifts: Collection[tuple[str, int]]) -> None:
        self._metrics.update({one.task: one for one in metrics})
        self._drifts.update(drifts)

    def waits(self, problem: str) -> None:
        """Say so."""
        with self._lock:
            self._problem = problem

    # -- asked by machines -----------------------------------------------------------------------------------

    def healthy(self) -> Health:
        """It has moved within the last minute, or has nothing to do."""
        from infra.monitoring import Health

        with self._lock:
            problem, look, well_s = self._problem, self._look, self._well_s
        if well_s is None:
            return Health(False, f"waiting: {problem}" if problem else "starting")
        silent_s = self._now() - well_s
        if silent_s <= self._stale_after_s:
            return Health(True)
        waiting = (
            f"waiting: {problem}" if problem else f"{sum(look.lag.values()) if look else 0} records wait"
        )
        return Health(False, f"nothing moved for {silent_s:.0f} s, {waiting}")

    def ready(self) -> Health:
        """Broker and database answer."""
        from infra.monitoring import Health

        with self._lock:
            problem, has_begun = self._problem, self._has_begun
        if problem is not None:
            return Health(False, f"waiting: {problem}")
        if not has_begun:
            return Health(False, "starting")
        away = self._database.problem()
        return Health(away is None, away or "")

    def collect(self) -> Iterable[Metric]:
        """What it was told last."""
        with self._lock:
            look, metrics, drifts = self._look, list(self._metrics.values()), set(self._drifts)
            is_waiting, well_s = self._problem is not None, self._well_s
        yield gauge("freshet_scoreboard_waiting", "1 while broker or database do not answer.", is_waiting)
        if well_s is not None:
            text = "When records were taken in last, or none were waiting."
            yield gauge("freshet_scoreboard_last_success_timestamp_seconds", text, well_s)
        yield counter("freshet_scoreboard_drifts", "Changes of the shop that were told.", len(drifts))
        if drifts:
            text = "User events before the newest change of the shop."
            yield gauge(
                "freshet_scoreboard_last_drift_event_number", text, max(number for _, number in drifts)
            )
        yield from _of_windows(metrics)
        if look is not None:
            yield from _of_look(look)


def _of_windows(metrics: Sequence[Metrics]) -> Iterator[Metric]:
    yield gauge(
        "freshet_scoreboard_window_labels",
        "Labels in the window.",
        [(m.task, m.window_labels) for m in metrics],
        "task",
    )
    scores = {
        (m.task, model, metric): value
        for m in metrics
        for model, found in m.models.items()
        for metric, value in found.items()
        if value is not None
    }
    yield gauge(
        "freshet_scoreboard_score",
        "Of each model over the newest labels.",
        scores.items(),
        "task",
        "model",
        "metric",
    )
    lines = {(m.task, line): value for m in metrics for line, value in m.oracle.items() if value is not None}
    yield gauge(
        "freshet_scoreboard_oracle_log_loss",
        "Of each line of the oracle over the same labels.",
        lines.items(),
        "task",
        "line",
    )


def _of_look(look: Look) -> Iterator[Metric]:
    lag = {(topic, str(partition)): records for (topic, partition), records in look.lag.items()}
    yield gauge(
        "freshet_scoreboard_lag_records",
        "Records behind the end of a topic.",
        lag.items(),
        "topic",
        "partition",
    )
    by_task: Counter[tuple[str, str]] = Counter()
    for (kind, task, _), records in look.totals.items():
        by_task[kind, task] += records
    for kind, (name, text) in _BY_TASK.items():
        found = {task: n for (of, task), n in by_task.items() if of == kind}
        yield counter(f"freshet_scoreboard_{name}", text, found.items(), "task")
    for kind, (name, text) in _IN_ALL.items():
        yield counter(
            f"freshet_scoreboard_{name}", text, sum(n for (of, _), n in by_task.items() if of == kind)
        )
    served = Counter((task, model) for (task, _), model in look.served.items() if model is not None)
    yield gauge(
        "freshet_scoreboard_served_partitions",
        "Partitions that serve a model.",
        served.items(),
        "task",
        "model",
    )
