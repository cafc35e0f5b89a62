"""What a supervisor says of its workers: when they are well, when they are ready, and what stays of the dead."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from consumers.supervisor import FOLDER_VARIABLE, WorkersMonitor
from tests.unit.consumers.supervisor.observed import observe

ROOT = Path(__file__).resolve().parents[4]
MINUTE_S = 60.0


@dataclass
class Check:
    away: str | None = None

    def problem(self) -> str | None:
        return self.away

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Supervised:
    """A monitor, and workers that have long ended: what they wrote is still there."""

    monitor: WorkersMonitor
    database: Check
    log: Check
    ahead_s: float = 0.0

    def worker(self, partition: int, *, recovers: bool = True, turns: int = 0, lag: int = 0) -> int:
        pid = observe(self.monitor.environment(), partition, recovers=recovers, turns=turns, lag=lag)
        self.monitor.started(partition, pid)
        return pid

    def samples(self) -> dict[tuple[str, ...], float]:
        return {
            (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
            for metric in self.monitor.collect()
            for sample in metric.samples
        }


@pytest.fixture
def supervised() -> Iterator[Supervised]:
    database, log = Check(), Check()
    with WorkersMonitor(database, log, now=lambda: time.time() + found.ahead_s) as monitor:
        found = Supervised(monitor, database, log)
        yield found


def test_nothing_is_well_before_the_supervisor_has_begun(supervised: Supervised):
    assert supervised.monitor.healthy() == supervised.monitor.ready() == (False, "starting")
    assert set(supervised.samples()) == set()


def test_an_owned_partition_without_a_worker_is_neither_healthy_nor_ready(supervised: Supervised):
    monitor = supervised.monitor
    monitor.owned([0, 1])
    why = "partition 0: no worker runs; partition 1: no worker runs"
    assert monitor.healthy() == monitor.ready() == (False, why)
    monitor.owned([])
    assert monitor.healthy() == monitor.ready() == (True, "")


def test_a_worker_is_ready_when_it_has_recovered_and_healthy_when_it_has_committed(supervised: Supervised):
    monitor = supervised.monitor
    monitor.owned([0])
    supervised.worker(0, recovers=False, lag=9)
    assert monitor.healthy() == monitor.ready() == (False, "partition 0: recovering")
    supervised.worker(0, lag=9)
    assert monitor.ready() == (True, "")
    assert monitor.healthy() == (False, "partition 0: recovered, and has committed no turn yet")
    supervised.worker(0, turns=1, lag=9)
    assert monitor.healthy() == (True, "")
    supervised.ahead_s = MINUTE_S + 5
    healthy, why = monitor.healthy()
    assert not healthy
    assert re.search(r"no turn committed for \d+ s", why) and "9 records wait" in why
    assert monitor.ready() == (False, why)


def test_a_worker_at_the_end_of_the_log_is_healthy_as_long_as_it_looks(supervised: Supervised):
    supervised.monitor.owned([3])
    supervised.worker(3)
    assert supervised.monitor.healthy() == (True, "")
    supervised.ahead_s = MINUTE_S + 5
    assert not supervised.monitor.healthy().ok


def test_a_worker_that_was_given_up_is_the_reason_until_its_partition_is_another_s(supervised: Supervised):
    monitor = supervised.monitor
    monitor.owned([0, 1])
    supervised.worker(0)
    pid = supervised.worker(1)
    assert monitor.healthy().ok
    monitor.died(1, pid)
    monitor.gave_up(1, "partition 1: OffsetsMoved: somebody did.")
    assert monitor.healthy() == monitor.ready() == (False, "partition 1: OffsetsMoved: somebody did.")
    monitor.owned([0])
    assert monitor.healthy() == monitor.ready() == (True, "")


def test_while_a_worker_waits_it_is_not_ready_and_says_for_what(supervised: Supervised):
    monitor = supervised.monitor
    monitor.owned([0])
    supervised.worker(0)
    monitor.waits(0, "no broker answers")
    assert monitor.ready() == (False, "partition 0: waits: no broker answers")
    monitor.waits(0, None)
    assert monitor.ready() == (True, "")


def test_with_the_database_away_readiness_says_so_and_health_does_not(supervised: Supervised):
    supervised.monitor.owned([0])
    supervised.worker(0)
    supervised.database.away = "no answer"
    assert supervised.monitor.ready() == (False, "Snapshots wait, predictions go on: no answer")
    assert supervised.monitor.healthy().ok


def test_counts_of_the_dead_stay_and_their_gauges_go(supervised: Supervised):
    monitor = supervised.monitor
    monitor.owned([0])
    pid = supervised.worker(0, turns=2, lag=7)
    before = supervised.samples()
    assert before["freshet_learner_lag_records", "0"] == 7
    assert before["freshet_learner_worker_up", "0"] == 1
    monitor.died(0, pid)
    dead = supervised.samples()
    assert not [at for at in dead if at[0] in ("freshet_learner_lag_records", "freshet_learner_recovered")]
    assert dead["freshet_learner_worker_up", "0"] == 0
    assert not monitor.ready().ok
    supervised.worker(0, turns=3)
    found = supervised.samples()
    assert {at: found[at] for at in found if at[0].endswith("_total")} == {
        ("freshet_learner_events_total", "0"): 25,
        ("freshet_learner_predictions_total", "0", "conversion"): 5,
        ("freshet_learner_predictions_total", "0", "basket"): 5,
        ("freshet_learner_served_total", "", "0", "conversion"): 5,
        ("freshet_learner_served_total", "", "0", "basket"): 5,
        ("freshet_learner_outcomes_total", "0", "conversion"): 5,
        ("freshet_learner_outcomes_total", "0", "basket"): 5,
        ("freshet_learner_labels_total", "0", "conversion"): 5,
        ("freshet_learner_late_labels_total", "0"): 5,
        ("freshet_learner_dead_letters_total", "0", "not-json"): 5,
        ("freshet_learner_recoveries_total", "snapshot", "0"): 2,
        ("freshet_learner_worker_deaths_total", "0"): 1,
    }
    for histogram in ("turn", "commit", "latency"):
        assert found[f"freshet_learner_{histogram}_seconds_count", "0"] == 5
    assert found["freshet_learner_turn_seconds_sum", "0"] == pytest.approx(0.1)
    assert found["freshet_learner_recovered", "0"] == 1


def test_a_worker_that_is_just_opening_its_files_is_no_mistake(supervised: Supervised):
    supervised.monitor.owned([0])
    folder = Path(supervised.monitor.environment()[FOLDER_VARIABLE])
    (folder / "counter_1.db").touch()
    (folder / "gauge_livemax_1.db").write_bytes(bytes(1 << 16))
    assert set(supervised.samples()) == {
        ("freshet_learner_worker_up", "0"),
        ("freshet_learner_worker_deaths_total", "0"),
    }
    assert supervised.monitor.healthy() == (False, "partition 0: no worker runs")


def test_a_log_that_is_held_is_said_and_workers_stay_healthy(supervised: Supervised):
    supervised.monitor.owned([])
    supervised.log.away = "The log of shop.user-events-0 is held."
    supervised.database.away = "No Postgres."
    assert supervised.monitor.healthy() == (True, "")
    why = "The log of shop.user-events-0 is held.; Snapshots wait, predictions go on: No Postgres."
    assert supervised.monitor.ready() == (False, why)


def test_the_folder_is_gone_in_the_end():
    with WorkersMonitor(Check(), Check()) as monitor:
        folder = Path(monitor.environment()[FOLDER_VARIABLE])
        assert folder.is_dir()
    assert not folder.exists()
