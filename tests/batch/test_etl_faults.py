"""Whatever dies or comes between: the marts are as before a run or as after it, and the next run gets it all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from kafka.structs import TopicPartition
from pyspark.sql import SparkSession

from contracts.errors import Unreachable
from contracts.settings import environment
from contracts.topics import OUTCOMES, USER_EVENTS
from infra.kafka import (
    KafkaTransactions,
    OutgoingRecord,
    connect_admin,
    ensure_topics,
    log_range,
    partition_count,
)
from spark_jobs import EtlFailed, EtlRuns, LedgerMoved, MartsMismatch, OffsetsLost, TopicRemade
from spark_jobs.run import run_once
from tests.backend import Backend
from tests.batch.chaos import Kill, drawn
from tests.batch.etl_shop import EtlShop, Line, shop_lines
from tests.conftest import ROOT
from tests.integration.conftest import FreshDatabase
from tests.waiting import DEADLINE_S, until

_PROCESS = Path(__file__).with_name("etl_process.py")


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return shop_lines(150, seed=11)


@pytest.fixture
def shop(bootstrap: str, namespace: str, fresh_database: FreshDatabase) -> EtlShop:
    return EtlShop.make(bootstrap, namespace, fresh_database)


def events_in(shop: EtlShop) -> int:
    return int(shop.rows("SELECT count(*) FROM fact_event")[0][0])


def staged_in(shop: EtlShop) -> int:
    return int(
        shop.rows("SELECT (SELECT count(*) FROM stage_event) + (SELECT count(*) FROM stage_user)")[0][0]
    )


@pytest.mark.parametrize("kill", drawn("driver"), ids=str)
def test_a_driver_killed_anywhere_leaves_the_marts_as_before_or_as_after(
    spark: SparkSession, shop: EtlShop, lines: list[Line], kill: Kill
) -> None:
    shop.publish(lines[: len(lines) // 2])
    run_once(spark, shop.settings)
    shop.publish(lines[len(lines) // 2 :])
    before = (shop.marts(), shop.ledger())
    done = subprocess.run(
        [sys.executable, str(_PROCESS), kill.point],
        env=os.environ | environment(shop.settings) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S * 4,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    if kill.point == "committed":
        assert staged_in(shop) > 0
        shop.assert_moved()
        assert run_once(spark, shop.settings).run_id is None
    else:
        assert (shop.marts(), shop.ledger()) == before
        assert run_once(spark, shop.settings).run_id is not None
    assert staged_in(shop) == 0
    shop.assert_moved()


@pytest.mark.parametrize("kill", drawn("database"), ids=str)
def test_a_database_restarted_anywhere_leaves_the_marts_as_before_or_as_after(
    spark: SparkSession, shop: EtlShop, lines: list[Line], backend: Backend, kill: Kill
) -> None:
    shop.publish(lines)
    before = (shop.marts(), shop.ledger())
    restarts: list[threading.Thread] = []

    def restart() -> None:
        backend.database.stop()
        backend.database.start()

    def at(point: str, _: int = 0) -> None:
        if point != kill.point or restarts:
            return
        restarts.append(threading.Thread(target=restart))
        restarts[0].start()
        if not point.startswith("copying"):  # else it goes down while tasks copy
            restarts[0].join()

    said = ""
    try:
        run_once(spark, shop.settings, progress=at, fault=at)
    except (EtlFailed, Unreachable) as error:
        said = str(error)
    for thread in restarts:
        thread.join()
    assert restarts
    if (shop.marts(), shop.ledger()) != before:
        shop.assert_moved()
    else:
        assert said
    if kill.point == "half moved":
        assert "went away" in said and not shop.ledger()
    run_once(spark, shop.settings)
    assert staged_in(shop) == 0
    shop.assert_moved()


@pytest.mark.long
def test_a_loop_whose_java_has_died_ends_and_says_so(shop: EtlShop, lines: list[Line]) -> None:
    shop.publish(lines)
    argv = [sys.executable, "-m", "freshet", "etl", "--every", "1s", "--master", "local[1]"]
    loop = subprocess.Popen(
        argv,
        env=os.environ | environment(shop.settings),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: events_in(shop) > 0 or loop.poll() is not None, "its first run has moved something")
        (java,) = [one for one in psutil.Process(loop.pid).children() if "java" in one.name()]
        java.kill()
        shop.publish(lines)
        _, said = loop.communicate(timeout=DEADLINE_S)
        assert loop.returncode == 1
        # PySpark's own threads say before that they have lost their Java.
        assert said.splitlines()[-1].startswith("error: Spark could not"), said
    finally:
        loop.kill()
        loop.communicate()


def test_of_two_at_once_one_wins_and_the_other_says_so(
    spark: SparkSession, shop: EtlShop, lines: list[Line]
) -> None:
    shop.publish(lines)
    refused: list[EtlRuns] = []

    def second(point: str) -> None:
        if point == "staged":
            with pytest.raises(EtlRuns, match="Another run moves history") as caught:
                run_once(spark, shop.settings)
            refused.append(caught.value)

    assert run_once(spark, shop.settings, fault=second).run_id == 1
    assert len(refused) == 1
    assert events_in(shop) > 0


def test_a_ledger_that_was_moved_meanwhile_moves_nothing(
    spark: SparkSession, shop: EtlShop, lines: list[Line]
) -> None:
    shop.publish(lines[:100])
    run_once(spark, shop.settings)
    shop.publish(lines[100:])
    before = shop.marts()

    def other(point: str) -> None:  # a run that had lost its lock
        if point == "staged":
            with shop.database.open() as database, database.transaction() as connection:
                connection.execute("UPDATE etl_ledger SET next_offset = next_offset + 1")

    with pytest.raises(LedgerMoved, match="this one moved nothing"):
        run_once(spark, shop.settings, fault=other)
    assert shop.marts() == before


def test_staging_that_was_emptied_is_noticed(spark: SparkSession, shop: EtlShop, lines: list[Line]) -> None:
    shop.publish(lines)

    def crash(point: str) -> None:  # what recovery does with tables that have no log
        if point == "staged":
            with shop.database.open() as database, database.transaction() as connection:
                connection.execute("TRUNCATE stage_session")

    with pytest.raises(EtlFailed, match="stage_session must hold [0-9]+ rows"):
        run_once(spark, shop.settings, fault=crash)
    assert (events_in(shop), shop.ledger()) == (0, [])
    assert run_once(spark, shop.settings).run_id is not None


def test_rows_of_a_task_that_does_not_count_are_left_out(
    spark: SparkSession, shop: EtlShop, lines: list[Line]
) -> None:
    shop.publish(lines)

    def twice(point: str) -> None:  # a task that Spark ran again after it had committed
        if point == "staged":
            with shop.database.open() as database, database.transaction() as connection:
                connection.execute(
                    'INSERT INTO stage_return (attempt, writer, partition, "offset", event_id, order_id, user_id, '
                    "returned_at, total, lines) SELECT attempt, gen_random_uuid(), 0, 999999, 'e', 'o', user_id, "
                    "now(), 1, 1 FROM stage_user LIMIT 1"
                )

    run_once(spark, shop.settings, fault=twice)
    assert shop.rows('SELECT count(*) FROM fact_return WHERE "offset" = 999999') == [(0,)]


def transactions(shop: EtlShop, name: str) -> KafkaTransactions:
    found = KafkaTransactions(
        shop.settings.bootstrap,
        f"{shop.settings.namespace}{name}",
        transaction_timeout_ms=600_000,  # stays open through whole runs
        delivery_timeout_ms=20_000,
    )
    found.init()
    return found


def ended(user: str) -> bytes:
    return (
        b'{"type":"SessionEnded","id":"e","time":"2026-01-05T08:00:00.000Z","source":"s","user_id":"%s"}'
        % user.encode()
    )


def test_aborted_transactions_give_no_row_and_an_open_one_all_of_its_rows_later(
    spark: SparkSession, shop: EtlShop
) -> None:
    topic = shop.name(USER_EVENTS)

    def users() -> list[str]:
        return [user for (user,) in shop.rows("SELECT user_id FROM fact_event ORDER BY 1")]

    shop.publish([Line(USER_EVENTS.name, 0, b"k", ended("before"))])
    aborted, still_open = transactions(shop, "aborted"), transactions(shop, "open")
    try:
        for one, user in ((aborted, "aborted"), (still_open, "open")):
            one.begin()
            one.send(OutgoingRecord(topic, 0, b"k", ended(user), []))
            one.flush(30)
        still_open.send(OutgoingRecord(topic, 1, b"k", ended("open-too"), []))
        still_open.flush(30)
        shop.publish(Line(USER_EVENTS.name, p, b"k", ended(f"behind-{p}")) for p in (0, 1))
        transactions(shop, "aborted").close()  # a newer one of that name: the broker aborts what was open
        run_once(spark, shop.settings)
        assert users() == ["before"]
        still_open.commit()
        run_once(spark, shop.settings)
        assert users() == ["before", "behind-0", "behind-1", "open", "open-too"]
    finally:
        aborted.close()
        still_open.close()


def test_offsets_that_the_log_has_lost_are_an_error_that_names_them(
    spark: SparkSession, shop: EtlShop, lines: list[Line]
) -> None:
    topic = shop.name(USER_EVENTS)
    shop.publish(lines[:100])
    run_once(spark, shop.settings)
    moved = {(name, p): end for name, p, _, end, *_ in shop.ledger()}[topic, 0]
    shop.publish(lines[100:])
    first = log_range(shop.settings.bootstrap, topic)[0][1] - 1
    admin = connect_admin(shop.settings.bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 0): first})
    finally:
        admin.close()
    before = shop.marts()
    with pytest.raises(OffsetsLost, match=f"{topic}/0.* {moved} .*{moved} to {first - 1} are lost") as caught:
        run_once(spark, shop.settings)
    assert (caught.value.topic, caught.value.partition, caught.value.offset) == (topic, 0, moved)
    assert shop.marts() == before


def test_a_topic_that_was_made_again_is_an_error_and_so_is_another_namespace(
    spark: SparkSession, shop: EtlShop, lines: list[Line]
) -> None:
    shop.publish(lines[:60])
    run_once(spark, shop.settings)
    elsewhere = EtlShop.make(shop.settings.bootstrap, f"x{shop.settings.namespace}", shop.database)
    with pytest.raises(MartsMismatch, match=f"They hold what came from {shop.settings.namespace}"):
        run_once(spark, elsewhere.settings)
    admin = connect_admin(shop.settings.bootstrap)
    try:
        admin.delete_topics([shop.name(OUTCOMES)])
    finally:
        admin.close()
    until(lambda: partition_count(shop.settings.bootstrap, shop.name(OUTCOMES)) is None, "the topic is gone")
    ensure_topics(shop.settings.bootstrap, 2, namespace=shop.settings.namespace)
    with pytest.raises(TopicRemade, match="made again") as caught:
        run_once(spark, shop.settings)
    assert caught.value.topic == shop.name(OUTCOMES)
