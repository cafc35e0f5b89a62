"""What machines are told of a scoreboard on a real broker and a real database."""

from __future__ import annotations

import pytest

from consumers.scoreboard import ScoreboardMonitor, history, totals
from contracts.topics import OUTCOMES, topic_name
from infra.monitoring import MonitoringServer
from infra.postgres import DatabaseCheck
from tests.asking import judged, metrics
from tests.backend.protocol import Backend
from tests.integration.conftest import FreshDatabase
from tests.integration.scoreboard.scored import publish, scoreboard
from tests.integration.scoreboard.scored_shop import Sent, shop
from tests.waiting import until

DECISIONS = 2_400
PREFIX = "freshet_scoreboard_"


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return list(shop(DECISIONS, drift_at=1_000))


def check(fresh: FreshDatabase) -> DatabaseCheck:
    return DatabaseCheck(fresh.url, fresh.password_file, fresh_s=0.0)


def wait_until_well(url: str) -> None:
    until(lambda: judged(url, "/healthz") == judged(url, "/readyz") == (200, ""), "well")
    until(lambda: not sum(n for at, n in metrics(url).items() if at[0] == f"{PREFIX}lag_records"), "no lag")


def test_its_figures_are_those_of_its_tables_in_this_life_and_in_the_next(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    publish(bootstrap, namespace, sent)
    for _ in range(2):
        monitor = ScoreboardMonitor(check(fresh_database))
        with (
            MonitoringServer(monitor, "127.0.0.1", 0) as server,
            scoreboard(bootstrap, fresh_database, namespace, watch=monitor) as running,
        ):
            running.wait()
            wait_until_well(server.url)
            found = metrics(server.url)
        with fresh_database.open() as database:
            counted, (newest,) = totals(database), history(database, "conversion", points=1)
        for kind in ("predictions", "outcomes", "labels"):
            for task, records in getattr(counted, kind).items():
                assert found[f"{PREFIX}{kind}_total", task] == records
        assert found[f"{PREFIX}labels_total", "conversion"] == DECISIONS
        assert found[f"{PREFIX}dead_letters_total",] == counted.dead_letters == DECISIONS // 200
        assert found[f"{PREFIX}late_labels_total",] == counted.late == DECISIONS // 100
        assert found[f"{PREFIX}truths_total",] == DECISIONS
        assert found[f"{PREFIX}drifts_total",] == 1
        assert found[f"{PREFIX}last_drift_event_number",] == 2_000
        assert found[f"{PREFIX}lag_records", "0", topic_name(OUTCOMES, namespace)] == 0
        scores = {
            at[1:3]: value
            for at, value in found.items()
            if at[0] == f"{PREFIX}score" and at[3] == "conversion"
        }
        assert scores == {
            (metric, model): value
            for model, by_metric in newest.models.items()
            for metric, value in by_metric.items()
            if value is not None
        }
        assert found[f"{PREFIX}oracle_log_loss", "bayes", "conversion"] == newest.oracle["bayes"]
        assert found[f"{PREFIX}served_partitions", "second-order", "conversion"] == 2


def test_while_the_database_is_away_it_is_not_ready_and_says_why(
    bootstrap: str,
    fresh_database: FreshDatabase,
    namespace: str,
    sent: list[Sent],
    backend: Backend,
):
    publish(bootstrap, namespace, sent[:300])
    monitor = ScoreboardMonitor(check(fresh_database))
    with (
        MonitoringServer(monitor, "127.0.0.1", 0) as server,
        scoreboard(bootstrap, fresh_database, namespace, watch=monitor) as running,
    ):
        running.wait()
        until(lambda: judged(server.url, "/readyz") == (200, ""), "ready")
        backend.database.stop()
        try:
            until(lambda: judged(server.url, "/readyz")[0] == 503, "not ready")
            assert "database" in judged(server.url, "/readyz")[1]
            publish(bootstrap, namespace, sent[300:600])
            until(lambda: judged(server.url, "/readyz")[1].startswith("waiting: "), "it waits")
            assert metrics(server.url)[f"{PREFIX}waiting",] == 1
        finally:
            backend.database.start()
        until(lambda: judged(server.url, "/readyz") == (200, ""), "ready again")
        running.wait()
    assert metrics_of(monitor)["waiting"] == 0


def metrics_of(monitor: ScoreboardMonitor) -> dict[str, float]:
    return {
        sample.name.removeprefix(PREFIX): sample.value
        for metric in monitor.collect()
        for sample in metric.samples
        if not sample.labels
    }
