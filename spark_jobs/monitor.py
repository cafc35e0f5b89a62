"""What is asked about a loop of runs, and what it tells."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from infra.monitoring import Health
from infra.postgres import DatabaseCheck
from spark_jobs.report import RunReport

__all__ = ["EtlMonitor"]

_LONGEST_RUN_S: Final = 1_800.0


class EtlMonitor:
    """The `infra.monitoring.Role` of ``freshet etl --every``.

    Parameters
    ----------
    database : DatabaseCheck
        Readiness asks it.
    pause_s : float
        Between two runs.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self, database: DatabaseCheck, pause_s: float, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._stale_after_s = 3 * pause_s + _LONGEST_RUN_S
        self._now = now
        self._lock = threading.Lock()
        self._well_s = now()
        self._problem: str | None = None
        self._runs: Counter[str] = Counter()
        self._moved: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()

    def ran(self, report: RunReport) -> None:
        """A run moved what was new, or found nothing."""
        with self._lock:
            self._well_s, self._problem = self._now(), None
            self._runs["ok"] += 1
            self._moved.update(report.moved)
            for reasons in report.bad.values():
                self._bad.update(reasons)

    def failed(self, problem: str) -> None:
        """A run moved nothing, and is tried again."""
        with self._lock:
            self._problem = problem
            self._runs["failed"] += 1

    def healthy(self) -> Health:
        """A run ended well within three pauses and half an hour."""
        with self._lock:
            silent_s, problem = self._now() - self._well_s, self._problem
        if silent_s <= self._stale_after_s:
            return Health(True)
        return Health(
            False, f"no run ended well for {silent_s:.0f} s: {problem or 'the last one still runs'}"
        )

    def ready(self) -> Health:
        """The last run ended well, and the database answers."""
        with self._lock:
            problem, runs = self._problem, sum(self._runs.values())
        if problem is not None or not runs:
            return Health(False, problem or "the first run has not ended")
        away = self._database.problem()
        return Health(away is None, away or "")

    def collect(self) -> Iterable[Metric]:
        """What it was told so far."""
        with self._lock:
            told = (
                (CounterMetricFamily("freshet_etl_runs", "Runs.", labels=["result"]), Counter(self._runs)),
                (
                    CounterMetricFamily("freshet_etl_rows", "Rows moved.", labels=["table"]),
                    Counter(self._moved),
                ),
                (
                    CounterMetricFamily("freshet_etl_bad_records", "Bad ones.", labels=["reason"]),
                    Counter(self._bad),
                ),
            )
            well_s = self._well_s
        for family, counts in told:
            for label, count in sorted(counts.items()):
                family.add_metric([label], count)
            yield family
        yield GaugeMetricFamily(
            "freshet_etl_last_well_timestamp_seconds", "When a run ended well last.", value=well_s
        )
