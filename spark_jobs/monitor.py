"""What is asked about a loop of runs, and what it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from infra.loop_health import LoopHealth
from infra.metric_families import counter, gauge
from infra.postgres import DatabaseCheck
from spark_jobs.report import RunReport

__all__ = ["EtlMonitor"]


class EtlMonitor(LoopHealth):
    """The `infra.monitoring.Role` of ``freshet etl --every``.

    Parameters
    ----------
    database : DatabaseCheck
        Readiness asks it.
    pause_s : float
        Between two runs.
    """

    def __init__(self, database: DatabaseCheck, pause_s: float) -> None:
        super().__init__(database, pause_s, called="run")
        self._moved: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()

    def ran(self, report: RunReport) -> None:
        """A run moved what was new, or found nothing."""
        self.ended(None)
        with self._lock:
            self._moved.update(report.moved)
            for reasons in report.bad.values():
                self._bad.update(reasons)

    def failed(self, problem: str) -> None:
        """A run moved nothing, and is tried again."""
        self.ended(problem)

    def collect(self) -> Iterable[Metric]:
        """What it was told so far."""
        with self._lock:
            results, moved, bad = dict(self._results), dict(self._moved), dict(self._bad)
            well_s = self._well_s
        yield counter("freshet_etl_runs", "Runs.", sorted(results.items()), "result")
        yield counter("freshet_etl_rows", "Rows moved.", sorted(moved.items()), "table")
        yield counter("freshet_etl_bad_records", "Bad ones.", sorted(bad.items()), "reason")
        yield gauge("freshet_etl_last_success_timestamp_seconds", "When a run ended well last.", well_s)
