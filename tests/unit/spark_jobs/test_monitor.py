"""What a loop of the ETL tells machines."""

from __future__ import annotations

from infra.monitoring import Health
from spark_jobs.monitor import EtlMonitor
from spark_jobs.report import RunReport


class Check:
    """A database that answers."""

    def problem(self) -> str | None:
        return None


def test_runs_rows_and_bad_records_are_counted_and_the_last_run_says_whether_it_is_ready():
    monitor = EtlMonitor(Check(), 60.0)
    assert monitor.ready() == Health(False, "the first run has not ended")
    bad = {"user-events": {"not JSON": 2}, "outcomes": {"not JSON": 1, "no type": 4}}
    monitor.ran(RunReport(1, 3.5, bad=bad, moved={"fact_order": 7}))
    monitor.ran(RunReport(2, 0.5, moved={"fact_order": 1, "dim_user": 2}))
    assert monitor.ready() == Health(True)
    monitor.failed("the database is away")
    assert monitor.ready() == Health(False, "the database is away")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in monitor.collect()
        for sample in family.samples
    }
    assert found.pop(("freshet_etl_last_success_timestamp_seconds",)) > 0
    assert found == {
        ("freshet_etl_runs_total", "ok"): 2,
        ("freshet_etl_runs_total", "failed"): 1,
        ("freshet_etl_rows_total", "fact_order"): 8,
        ("freshet_etl_rows_total", "dim_user"): 2,
        ("freshet_etl_bad_records_total", "not JSON"): 3,
        ("freshet_etl_bad_records_total", "no type"): 4,
    }
