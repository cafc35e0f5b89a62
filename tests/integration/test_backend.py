"""What every backend must do for tests: keep data and address, listen on loopback only, and leave nothing behind."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from psycopg.conninfo import conninfo_to_dict

from contracts.topics import USER_EVENTS, topic_name
from infra.embedded.kafka.config import properties
from infra.embedded.ports import HOST
from infra.kafka import connect_producer, ensure_topics, read_to_end
from infra.postgres import connect
from tests.backend import Backend
from tests.backend.settings import BROKER_OVERRIDES
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = ("listen", "advertised.", "controller.quorum", "inter.broker", "log.dirs")

RUN = """
import signal, sys
from pathlib import Path
name, folder = sys.argv[1], Path(sys.argv[2])
if name == "containers":
    from tests.backend.containers import ContainersBackend as Backend
else:
    from tests.backend import EmbeddedBackend as Backend
with Backend(folder) as backend:
    print(backend.database.conninfo, flush=True)
    signal.pause()
"""


def place_of(conninfo: str) -> tuple[str, int]:
    parts = conninfo_to_dict(conninfo)
    return str(parts["host"]), int(str(parts["port"]))


def places(backend: Backend) -> Iterator[tuple[str, int]]:
    host, _, port = backend.broker.bootstrap.partition(":")
    yield host, int(port)
    yield place_of(backend.database.conninfo)


def listens(host: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex((host, port)) == 0


def write(bootstrap: str, topic: str, value: bytes) -> None:
    """One transaction."""
    with connect_producer(bootstrap, transactional_id=topic) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, value=value, key=b"k", partition=0)
        producer.commit_transaction()


def test_a_broker_that_was_stopped_has_its_address_and_its_records_when_it_is_back(
    backend: Backend, namespace: str
):
    bootstrap = backend.broker.bootstrap
    topic = topic_name(USER_EVENTS, namespace)
    ensure_topics(bootstrap, 1, namespace=namespace)
    write(bootstrap, topic, b"before")
    backend.broker.stop()
    try:
        host, _, port = bootstrap.partition(":")
        assert not listens(host, int(port))
    finally:
        backend.broker.start()
    assert backend.broker.bootstrap == bootstrap
    write(bootstrap, topic, b"after")

    # The broker answers a commit before its marker stands on the topic.
    def committed() -> list[bytes | None]:
        return [record.value for record in read_to_end(bootstrap, topic)]

    until(lambda: len(committed()) >= 2, "both are committed")
    assert committed() == [b"before", b"after"]


def test_a_database_that_was_stopped_has_its_address_and_its_rows_when_it_is_back(
    backend: Backend, namespace: str
):
    conninfo, password = backend.database.conninfo, backend.database.password_file.read_text().strip()
    table = namespace[:-1]
    with connect(conninfo, password) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 7 AS x")
        connection.commit()
        backend.database.stop()  # does not wait for us to leave
        try:
            assert not listens(*place_of(conninfo))
        finally:
            backend.database.start()
    assert backend.database.conninfo == conninfo
    with connect(conninfo, password) as connection:
        assert connection.execute(f"SELECT x FROM {table}").fetchall() == [(7,)]
        connection.execute(f"DROP TABLE {table}")
        connection.commit()


def test_nobody_gets_in_without_the_password(backend: Backend):
    for password in ("guessed", ""):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(backend.database.conninfo, password=password, passfile="/dev/null")
    assert backend.database.password_file.stat().st_mode & 0o077 == 0


def test_no_other_address_of_the_machine_answers(backend: Backend):
    others = {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    }
    if not others:
        pytest.skip("this machine has no address but the loopback one")
    for host, port in places(backend):
        assert host == HOST
        assert listens(host, port)
        assert [other for other in others if listens(other, port)] == []


def test_the_broker_has_the_settings_that_tests_rely_on(backend: Backend):
    expected = {
        name: value
        for name, value in properties(0, 0, BROKER_OVERRIDES).items()
        if not name.startswith(ADDRESSES)
    }
    with closing(KafkaAdminClient(bootstrap_servers=backend.broker.bootstrap)) as admin:
        (found,) = admin.describe_configs(
            [ConfigResource(ConfigResourceType.BROKER, "1")], config_filter="all"
        )["broker"].values()
    assert {name: found[name]["value"] for name in expected} == expected


def test_a_run_that_is_killed_leaves_no_database(backend: Backend, tmp_path: Path):
    command = [sys.executable, "-c", RUN, backend.name, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        place = place_of(run.stdout.readline())
        assert listens(*place)
        run.kill()
    until(lambda: not listens(*place), "it is gone")
