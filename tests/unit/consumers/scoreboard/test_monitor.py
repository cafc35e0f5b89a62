"""What the scoreboard says of itself: when it is well, when it is ready, and its figures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from consumers.scoreboard import ScoreboardMonitor
from consumers.scoreboard.watch import Look
from contracts.records import Metrics

MINUTE_S = 60.0
QUIET = Look(records=0, lag={("ml.outcomes", 0): 0}, totals={}, served={}, metrics=[], drifts=[])
BEHIND = replace(QUIET, lag={("ml.outcomes", 0): 4, ("ml.outcomes", 1): 3})
WINDOW = Metrics(
    task="conversion",
    time="2026-01-01T00:00:00.000Z",
    labels=1_000,
    window_labels=900,
    models={"logistic": {"log_loss": 0.4, "roc_auc": None}},
    oracle={"bayes": 0.3, "bayes_blind": None},
)


@dataclass
class Database:
    away: str | None = None

    def problem(self) -> str | None:
        return self.away


class Watched:
    """A monitor with a clock and a database that can be turned."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.database = Database()
        self.monitor = ScoreboardMonitor(self.database, now=lambda: self.now_s)

    def samples(self) -> dict[tuple[str, ...], float]:
        return {
            (sample.name.removeprefix("freshet_scoreboard_"), *sample.labels.values()): sample.value
            for metric in self.monitor.collect()
            for sample in metric.samples
        }


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_before_it_has_begun_it_is_neither_healthy_nor_ready_and_can_be_scraped(watched: Watched):
    assert watched.monitor.healthy() == watched.monitor.ready() == (False, "starting")
    assert watched.samples() == {("waiting",): 0, ("drifts_total",): 0}
    watched.monitor.waits("no broker")
    assert watched.monitor.healthy() == watched.monitor.ready() == (False, "waiting: no broker")
    assert watched.samples()["waiting",] == 1


def test_it_is_healthy_while_it_moves_or_has_nothing_to_do(watched: Watched):
    monitor = watched.monitor
    monitor.began([], [])
    monitor.looked(replace(BEHIND, records=9))
    assert monitor.healthy() == (True, "")
    watched.now_s += MINUTE_S + 1
    monitor.looked(BEHIND)
    assert monitor.healthy() == (False, "nothing moved for 61 s, 7 records wait")
    monitor.looked(QUIET)
    assert monitor.healthy() == (True, "")
    watched.now_s += MINUTE_S + 1
    assert not monitor.healthy().ok


def test_while_it_waits_it_is_not_ready_and_after_a_minute_not_healthy(watched: Watched):
    monitor = watched.monitor
    monitor.began([], [])
    monitor.looked(QUIET)
    assert monitor.ready() == (True, "")
    monitor.waits("the database is away")
    assert (monitor.ready(), monitor.healthy()) == ((False, "waiting: the database is away"), (True, ""))
    watched.now_s += MINUTE_S + 1
    assert monitor.healthy() == (False, "nothing moved for 61 s, waiting: the database is away")
    monitor.began([], [])
    assert monitor.ready() == (True, "")


def test_a_database_that_is_away_is_noticed_also_with_nothing_to_write(watched: Watched):
    watched.monitor.began([], [])
    watched.monitor.looked(QUIET)
    watched.database.away = "no answer"
    assert (watched.monitor.ready(), watched.monitor.healthy()) == ((False, "no answer"), (True, ""))


def test_its_figures_are_summed_over_partitions_and_what_is_not_known_is_left_out(watched: Watched):
    watched.monitor.began([WINDOW], [("abrupt", 500)])
    totals = {("labels", "conversion", 0): 3, ("labels", "conversion", 1): 4, ("late", "", 1): 2}
    served = {("conversion", 0): "logistic", ("conversion", 1): "logistic", ("basket", 0): None}
    look = replace(BEHIND, totals=totals, served=served, drifts=[("abrupt", 500), ("abrupt", 900)])
    watched.monitor.looked(look)
    assert watched.samples() == {
        ("waiting",): 0,
        ("drifts_total",): 2,
        ("last_drift_event_number",): 900,
        ("window_labels", "conversion"): 900,
        ("score", "conversion", "logistic", "log_loss"): 0.4,
        ("oracle_log_loss", "conversion", "bayes"): 0.3,
        ("lag_records", "ml.outcomes", "0"): 4,
        ("lag_records", "ml.outcomes", "1"): 3,
        ("labels_total", "conversion"): 7,
        ("late_labels_total",): 2,
        ("dead_letters_total",): 0,
        ("truths_total",): 0,
        ("truths_dropped_total",): 0,
        ("unreadable_total",): 0,
        ("foreign_total",): 0,
        ("served_partitions", "conversion", "logistic"): 2,
    }
    watched.monitor.looked(replace(look, metrics=[replace_log_loss(0.2)]))
    assert watched.samples()["score", "conversion", "logistic", "log_loss"] == 0.2


def replace_log_loss(value: float) -> Metrics:
    return Metrics(
        task="conversion",
        time=WINDOW.time,
        labels=2_000,
        window_labels=900,
        models={"logistic": {"log_loss": value}},
        oracle={},
    )
