"""An open transaction on the main input is said by each of those who would else wait without a word."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from consumers.supervisor import WorkersMonitor
from contracts.settings import Settings
from contracts.shop import Shop
from contracts.topics import USER_EVENTS, topic_name
from dashboard.terminal.board import draw
from dashboard.view.build import view_of
from dashboard.view.live_feed import Feed
from dashboard.view.scores import Counts
from infra.kafka import KafkaTransactions, LogCheck, OutgoingRecord, ensure_topics
from infra.postgres import DatabaseCheck
from tests.integration.conftest import FreshDatabase
from tests.waiting import until


@pytest.fixture
def loader(bootstrap: str, namespace: str) -> Iterator[KafkaTransactions]:
    """Of somebody else: one record of its transaction stands on the main input, behind one that is committed."""
    ensure_topics(bootstrap, 2, namespace=namespace, group="g")
    topic = topic_name(USER_EVENTS, namespace)
    one = KafkaTransactions(
        bootstrap, f"{namespace}loader", transaction_timeout_ms=120_000, delivery_timeout_ms=60_000
    )
    with closing(one):
        one.init()
        for ends in (True, False):
            one.begin()
            one.send(OutgoingRecord(topic, 1, b"k", b"{}", []))
            one.flush(30)
            if ends:
                one.commit()
        yield one


def ran(*argv: str, bootstrap: str, namespace: str, **env: str) -> subprocess.Popen[str]:
    env = os.environ | {"FRESHET_BOOTSTRAP": bootstrap, "FRESHET_NAMESPACE": namespace} | env
    command = [sys.executable, "-m", "freshet", *argv]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def log_of(bootstrap: str, namespace: str) -> LogCheck:
    return LogCheck(bootstrap, topic_name(USER_EVENTS, namespace), fresh_s=0.0)


def test_an_open_transaction_is_named_with_place_producer_and_time_until_it_ends(
    bootstrap: str, namespace: str, loader: KafkaTransactions
):
    with closing(log_of(bootstrap, namespace)) as log:
        until(lambda: log.problem() is not None, "it is open for long enough")
        (held,) = log.held()
        assert (held.partition, held.offset, held.producer) == (1, 2, f"{namespace}loader")
        said = str(held)
        assert said.startswith(
            f"The log of {topic_name(USER_EVENTS, namespace)}-1 is held at offset 2 by an open"
        )
        assert log.problem() == said
        loader.commit()
        until(lambda: log.problem() is None, "its end is seen")


def test_one_that_is_on_its_way_is_not_said(bootstrap: str, namespace: str, loader: KafkaTransactions):
    topic = topic_name(USER_EVENTS, namespace)
    with closing(LogCheck(bootstrap, topic, fresh_s=0.0, held_after_s=3_600.0)) as log:
        assert (log.held(), log.held()) == ([], [])
    with closing(LogCheck("127.0.0.1:1", topic)) as nobody:
        assert nobody.problem() is None


def test_readiness_and_the_board_say_it_and_no_longer_when_it_has_ended(
    bootstrap: str, namespace: str, fresh_database: FreshDatabase, loader: KafkaTransactions
):
    settings = Settings(bootstrap=bootstrap, namespace=namespace, group="g")
    feed = Feed(settings, Counts)
    with WorkersMonitor(
        DatabaseCheck(fresh_database.url, fresh_database.password_file), log_of(bootstrap, namespace)
    ) as monitor:
        monitor.owned([])
        feed.start()
        try:
            until(lambda: "is held at offset 2" in monitor.ready().why, "readiness says it")
            until(lambda: "is held at offset 2" in feed.facts.held, "the feed says it")
            view = view_of(feed.facts, Shop(partitions=2), settings, state="running", elapsed_s=1.0)
            out = io.StringIO()
            Console(file=out, width=200, height=50).print(draw(view, 200, 50))
            assert f"open transaction of producer {namespace}loader since 20" in out.getvalue()
            loader.commit()
            until(lambda: "is held" not in monitor.ready().why, "readiness has seen its end")
            until(lambda: not feed.facts.held, "the feed has seen its end")
        finally:
            feed.close()


def test_doctor_and_etl_say_it(
    bootstrap: str, namespace: str, fresh_database: FreshDatabase, tmp_path: Path, loader: KafkaTransactions
):
    with closing(log_of(bootstrap, namespace)) as log:
        until(lambda: log.problem() is not None, "it is open for long enough")
        held = log.problem()
    env = {
        "FRESHET_DATABASE_URL": fresh_database.url,
        "FRESHET_DATABASE_PASSWORD_FILE": str(fresh_database.password_file),
        "FRESHET_DATA_DIR": str(tmp_path / "data"),
    }

    def doctors_word() -> dict[str, object]:
        doctor = ran("doctor", "--json", bootstrap=bootstrap, namespace=namespace, **env)
        checks = json.loads(doctor.communicate(timeout=120)[0])["checks"]
        return next(check for check in checks if check["name"] == "log")

    found = doctors_word()
    assert (found["ok"], found["found"]) == (False, held)
    assert "commit or abort" in str(found["advice"])
    etl = ran("etl", bootstrap=bootstrap, namespace=namespace, **env)
    assert etl.stderr is not None
    try:
        said = next((line for line in etl.stderr if "is held" in line), "")
        assert said.strip() == f"{held} What stands behind it is not moved yet."
    finally:
        etl.kill()  # Spark has hardly begun
        etl.communicate(timeout=60)
    loader.commit()
    assert doctors_word()["ok"] is True
