"""What is asked about a loop of runs, and what it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from infra.postgres import DatabaseCheck
from infra.rounds import Rounds
from spark_jobs.report import RunReport

__all__ = ["EtlMonitor"]


class EtlMonitor(Rounds):
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
            told = (
                (CounterMetricFamily("freshet_etl_runs", "Runs.", labels=["result"]), Counter(self._results)),
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
