"""Postgres for real: connections that say why, transactions, migrations and snapshots."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import psycopg
import pytest

from contracts.errors import EnvironmentProblem, SettingsError, Unreachable
from contracts.features import feature_set_id
from infra.postgres import Snapshot, SnapshotStore, connect, is_genuine, migrate, read_password, sealed
from infra.postgres.migrations import Migration, migrations
from infra.postgres.queries import queries
from infra.waiting import Waiting
from tests.integration.conftest import FreshDatabase

KEY = bytes(range(32))


def snapshot(turn: int, **other) -> Snapshot:
    values = {
        "group": "learner",
        "partition": 0,
        "generation": 0,
        "turn": turn,
        "end_offset": 100 * turn,
        "journal_offset": turn,
        "topic_id": "log",
        "chain": f"{turn:032x}",
        "fingerprint": "code",
        "payload": bytes([turn]) * 1000,
    }
    return sealed(KEY, Snapshot(**(values | other)))


@pytest.fixture
def store(fresh_database: FreshDatabase):
    migrate(fresh_database.url, fresh_database.password)
    store = SnapshotStore(fresh_database.open())
    yield store
    store.close()


def test_a_port_where_nobody_listens_is_named_with_the_reason():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}/shop as ann .*refused") as caught:
            connect(f"postgresql://ann:hunter2@127.0.0.1:{port}/shop")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("password", "said"),
    [("hunter2", "password authentication failed"), (None, "no password supplied")],
    ids=["wrong", "none"],
)
def test_a_refused_password_is_said_and_not_waited_for(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch, password: str | None, said: str
):
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    stop = Event()
    waiting = Waiting("The role", lambda line: stop.set())
    with pytest.raises(SettingsError, match=said) as caught:
        waiting.until_done(lambda: connect(fresh_database.url, password), stop)
    assert "hunter2" not in str(caught.value)


def test_an_address_that_is_none_is_a_mistake_in_the_settings_and_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        connect("postgresql://ann:hunter2@[127.0.0.1/shop")
    assert "hunter2" not in str(caught.value)


def test_a_missing_password_file_is_named(tmp_path):
    with pytest.raises(EnvironmentProblem, match=str(tmp_path / "password")):
        read_password(tmp_path / "password")


def test_what_a_transaction_wrote_is_gone_when_it_raises(fresh_database: FreshDatabase):
    with fresh_database.open() as database:
        with database.transaction() as connection:
            connection.execute("CREATE TABLE t (n integer)")
        with pytest.raises(ZeroDivisionError), database.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError
        with database.transaction() as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_connection_that_was_cut_is_unreachable_in_use_and_replaced_when_idle(
    fresh_database: FreshDatabase,
):
    with fresh_database.open() as database, fresh_database.open() as other:

        def cut(pid: int) -> None:
            with other.transaction() as connection:
                connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

        with pytest.raises(Unreachable, match="went away"), database.transaction() as connection:
            cut(connection.info.backend_pid)
            connection.execute("SELECT 1")
        with database.transaction() as connection:
            pid = connection.info.backend_pid
        cut(pid)
        with database.transaction() as connection:
            assert connection.info.backend_pid != pid


def test_a_mistake_in_sql_is_not_taken_for_an_outage(fresh_database: FreshDatabase):
    with fresh_database.open() as database:
        with pytest.raises(psycopg.errors.UndefinedTable), database.transaction() as connection:
            connection.execute("SELECT * FROM nowhere")
        with database.transaction() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_migrations_are_applied_once_whoever_asks_at_the_same_time(fresh_database: FreshDatabase):
    barrier = threading.Barrier(4)

    def start(_: int) -> list[str]:
        barrier.wait()
        return migrate(fresh_database.url, fresh_database.password)

    with ThreadPoolExecutor(4) as pool:
        applied = sorted(pool.map(start, range(4)))
    every = [f"{step.number:03d}_{step.name}" for step in migrations()]
    assert applied == [[], [], [], every]
    assert migrate(fresh_database.url, fresh_database.password) == []


def test_a_migration_that_fails_leaves_nothing_of_itself_or_of_those_before(fresh_database: FreshDatabase):
    good = Migration(1, "good", "CREATE TABLE good (n integer)", "a")
    bad = Migration(2, "bad", "CREATE TABLE bad (n integer); SELECT 1/0", "b")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(fresh_database.url, fresh_database.password, steps=[good, bad])
    assert migrate(fresh_database.url, fresh_database.password, steps=[good]) == ["001_good"]


def test_a_schema_that_this_code_does_not_know_is_refused(fresh_database: FreshDatabase):
    first = Migration(1, "first", "CREATE TABLE a (n integer)", "a")
    third = Migration(3, "third", "CREATE TABLE c (n integer)", "c")
    given = fresh_database.url, fresh_database.password
    migrate(*given, steps=[first, third])
    with pytest.raises(EnvironmentProblem, match="has migration 003; this Freshet knows those up to 001"):
        migrate(*given, steps=[first])
    with pytest.raises(EnvironmentProblem, match="Migration 001_first must be z. Applied was first, a"):
        migrate(*given, steps=[first._replace(checksum="z"), third])
    with pytest.raises(EnvironmentProblem, match="has migration 003, but not 002_second before it"):
        migrate(*given, steps=[first, Migration(2, "second", "SELECT 1", "b"), third])


def test_snapshots_come_newest_first_and_as_they_were_saved(store: SnapshotStore):
    saved = [snapshot(1, generation=1), snapshot(9), snapshot(10), snapshot(2)]
    for one in saved:
        store.save(one)
    found = list(store.newest("learner", 0, "log"))
    assert [(one.generation, one.turn) for one in found] == [(1, 1), (0, 10), (0, 9), (0, 2)]
    assert [replace(one, created_at=None) for one in found] == [saved[0], saved[2], saved[1], saved[3]]
    assert all(one.created_at is not None and is_genuine(KEY, one) for one in found)


def test_snapshots_of_other_workers_and_logs_are_not_offered(store: SnapshotStore):
    for one in (snapshot(1, group="other"), snapshot(2, partition=1), snapshot(3, topic_id="cut")):
        store.save(one)
    assert list(store.newest("learner", 0, "log")) == []


def test_a_snapshot_of_the_same_turn_replaces_the_one_before(store: SnapshotStore):
    store.save(snapshot(1))
    store.save(snapshot(1, payload=b"new", fingerprint="other code"))
    (found,) = store.newest("learner", 0, "log")
    assert (found.payload, found.fingerprint) == (b"new", "other code")
    assert is_genuine(KEY, found)


def test_pruning_keeps_the_newest_of_one_worker_and_each_log(store: SnapshotStore):
    for turn in range(5):
        store.save(snapshot(turn))
        store.save(snapshot(turn, partition=1))
    store.save(snapshot(0, topic_id="other"))
    assert store.prune("learner", 0, keep=2) == 3
    assert [one.turn for one in store.newest("learner", 0, "log")] == [4, 3]
    assert len(list(store.newest("learner", 1, "log"))) == 5
    assert len(list(store.newest("learner", 0, "other"))) == 1
    with pytest.raises(ValueError, match="at least 1"):
        store.prune("learner", 0, keep=0)
    assert store.delete_all("learner") == 8


@pytest.mark.parametrize(
    "column", ["payload", "chain", "topic_id", "generation", "end_offset", "fingerprint"]
)
def test_a_snapshot_that_was_changed_in_the_database_is_not_genuine(
    store: SnapshotStore, fresh_database: FreshDatabase, column: str
):
    store.save(snapshot(1))
    changed = {"payload": "'\\x00'::bytea", "generation": "7", "end_offset": "7"}.get(column, "'changed'")
    with fresh_database.open() as database, database.transaction() as connection:
        connection.execute(f"UPDATE snapshot SET {column} = {changed}")
    (found,) = store.newest("learner", 0, "changed" if column == "topic_id" else "log")
    assert not is_genuine(KEY, found)


def test_features_of_before_are_moved_to_their_own_table_under_the_number_that_the_code_gives(
    fresh_database: FreshDatabase,
) -> None:
    given = (fresh_database.url, fresh_database.password)
    migrate(*given, steps=[step for step in migrations() if step.number < 8])
    names = ["a", "b c"]
    where = "'conversion', 0, 7, 'e', 'u', 's', now()"
    with fresh_database.open() as database, database.transaction() as connection:
        connection.execute("INSERT INTO dim_feature_set VALUES (-5, 'conversion', %s)", (names,))
        connection.execute(f"INSERT INTO fact_prediction VALUES ({where}, '{{}}', 'm', -5, '{{1,-0}}', 1)")
        connection.execute(f"INSERT INTO fact_outcome VALUES ({where}, 1, 'order', 9, now(), '{{}}', '{{}}')")
        connection.execute("INSERT INTO fact_backfilled VALUES (-5, 0, 7, 'e', '{2,3}')")
    migrate(*given)
    number = feature_set_id("conversion", names)
    with fresh_database.open() as database, database.transaction() as connection:
        assert connection.execute("SELECT * FROM dim_feature_set").fetchall() == [
            (number, "conversion", names)
        ]
        examples = "SELECT feature_set, features::text FROM training_example"
        assert connection.execute(examples).fetchall() == [(number, "{1,-0}")]
        assert connection.execute("SELECT feature_set FROM fact_backfilled").fetchall() == [(number,)]


def test_deployments_of_before_are_kept_under_their_new_name(fresh_database: FreshDatabase) -> None:
    given = fresh_database.url, fresh_database.password
    migrate(*given, steps=[step for step in migrations() if step.number < 11])
    with fresh_database.open() as database, database.transaction() as connection:
        connection.execute(
            "INSERT INTO score_in_force (task, model, stage, partition, input_offset) "
            "VALUES ('basket', 'a@1', 'shadow', 1, 7)"
        )
    migrate(*given)
    with fresh_database.open() as database, database.transaction() as connection:
        kept = list(connection.execute(queries("boards")["deployments"]))
    assert kept == [("basket", "a@1", "shadow", None, 1, 7)]
