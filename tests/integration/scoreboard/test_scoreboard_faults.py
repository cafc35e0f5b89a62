"""A scoreboard that is killed, and one whose broker or database goes away: no score lost, none twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

from kafka.errors import KafkaConnectionError

from consumers.scoreboard import LagMeter, read_board, run
from contracts.settings import Settings
from tests.backend import Backend
from tests.integration.conftest import FreshDatabase
from tests.integration.scoreboard.scored import contents, has_begun, publish, scoreboard
from tests.integration.scoreboard.scored_shop import shop
from tests.waiting import DEADLINE_S, until

ROOT = Path(__file__).resolve().parents[3]
SENT = list(shop(4_000, drift_at=2_000))


def child(
    bootstrap: str,
    fresh: FreshDatabase,
    namespace: str,
    die_at: str = "never",
    *,
    said: Path = Path(os.devnull),
) -> subprocess.Popen[bytes]:
    arguments = [bootstrap, fresh.url, str(fresh.password_file), namespace, die_at]
    command = [sys.executable, "-m", "tests.integration.scoreboard.scoreboard_child", *arguments]
    with said.open("wb") as out:
        return subprocess.Popen(command, stdout=out, cwd=ROOT)


def test_killed_at_every_point_it_ends_with_the_scores_of_an_undisturbed_run(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str
):
    publish(bootstrap, namespace, SENT)
    with fresh_database.open() as database:
        with scoreboard(bootstrap, fresh_database, namespace) as running:
            running.wait()
        board, undisturbed = read_board(database), contents(database)
        with database.transaction() as connection:
            connection.execute(
                "TRUNCATE score_offset, score_clock, score_total, score_label, score_truth, "
                "score_drift, score_quarantine, score_served, score_window"
            )

        for die_at in ("taken:3", "saved:2", "sent:1", "taken:1"):
            killed = child(bootstrap, fresh_database, namespace, die_at)
            assert killed.wait(DEADLINE_S) == -signal.SIGKILL, die_at
            assert contents(database) != undisturbed
        # Once more from outside, at whatever point it is.
        with LagMeter(bootstrap, database, namespace) as meter:
            before = sum(meter.lag().values())
            last = child(bootstrap, fresh_database, namespace)
            try:
                until(lambda: sum(meter.lag().values()) < before, "it goes on")
                last.kill()
                last.wait(DEADLINE_S)
                last = child(bootstrap, fresh_database, namespace)
                until(lambda: not sum(meter.lag().values()), "it has caught up")
                # Asked to end, it does.
                last.terminate()
                assert last.wait(DEADLINE_S) == 0
            finally:
                last.kill()
                last.wait(DEADLINE_S)
        assert contents(database) == undisturbed
        assert read_board(database) == board


def test_it_waits_for_a_database_that_is_restarted(
    bootstrap: str, backend: Backend, fresh_database: FreshDatabase, namespace: str
):
    publish(bootstrap, namespace, SENT[:6_000])
    with scoreboard(bootstrap, fresh_database, namespace) as running:
        running.wait()
        backend.database.stop()
        try:
            publish(bootstrap, namespace, SENT[6_000:])
            until(lambda: bool(running.said), "it says that it waits")
        finally:
            backend.database.start()
        running.wait()
    assert "The scoreboard waits: The database at 127.0.0.1:" in running.said[0]
    assert running.said[-1].startswith("The scoreboard goes on after ")
    assert len(running.said) == 2
    with fresh_database.open() as database:
        assert read_board(database)["tasks"]["conversion"]["labels"] == 4_000


def test_it_waits_for_a_broker_that_is_restarted(
    bootstrap: str, backend: Backend, fresh_database: FreshDatabase, namespace: str, tmp_path: Path
):
    publish(bootstrap, namespace, SENT[:6_000])
    # In a process of its own: kafka-python leaves sockets that could not connect to the garbage collector, and here
    # warnings are errors.
    said = tmp_path / "said"
    running = child(bootstrap, fresh_database, namespace, said=said)
    try:
        until(lambda: has_begun(fresh_database), "it has begun")
        backend.broker.stop()
        try:
            until(lambda: "waits" in said.read_text(), "it says that it waits")
        finally:
            backend.broker.start()
        publish(bootstrap, namespace, SENT[6_000:])
        with fresh_database.open() as database:
            with LagMeter(bootstrap, database, namespace) as meter:
                until(lambda: not sum(meter.lag().values()), "it has caught up")
            assert read_board(database)["tasks"]["conversion"]["labels"] == 4_000
    finally:
        running.terminate()
        assert running.wait(DEADLINE_S) == 0
    lines = said.read_text().splitlines()
    assert bootstrap in lines[0]
    assert lines[-1].startswith("The scoreboard goes on after ")


def test_whatever_the_client_raises_at_whatever_point_is_waited_for(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str
):
    publish(bootstrap, namespace, SENT[:100])
    left, said, stop = ["taken", "saved"], list[str](), Event()

    def fault(point: str) -> None:
        if point in left:
            left.remove(point)
            message = "socket disconnected"
            raise KafkaConnectionError(message)
        if not left and len(said) == 4:
            stop.set()

    settings = Settings(
        bootstrap=bootstrap,
        database_url=fresh_database.url,
        database_password_file=fresh_database.password_file,
    )
    run(settings, stop=stop, say=said.append, namespace=namespace, fault=fault)
    assert [line.partition(":")[0].partition(" after ")[0] for line in said] == [
        "The scoreboard waits",
        "The scoreboard goes on",
    ] * 2


def test_it_waits_for_topics_that_are_not_there_yet(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str
):
    waiting = child(bootstrap, fresh_database, namespace)
    try:
        until(lambda: _schema_is_there(fresh_database), "it has looked for the topics")
        publish(bootstrap, namespace, SENT[:100])
        until(lambda: has_begun(fresh_database), "it begins")
        with fresh_database.open() as database, LagMeter(bootstrap, database, namespace) as meter:
            until(lambda: not sum(meter.lag().values()), "it has caught up")
    finally:
        waiting.terminate()
        assert waiting.wait(DEADLINE_S) == 0


def _schema_is_there(fresh: FreshDatabase) -> bool:
    with fresh.open() as database, database.transaction() as connection:
        return connection.execute("SELECT to_regclass('score_offset') IS NOT NULL").fetchone() == (True,)
