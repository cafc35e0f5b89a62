"""The embedded broker: real, on the loopback address, and the same again after whatever happened to it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from infra.embedded import EmbeddedKafka
from infra.embedded.errors import DataFolderInUse, PortTaken, ServerFailed
from infra.embedded.java.jars import default_cache
from infra.embedded.ports import HOST, save_ports

PATIENCE_S = 60.0
SAID: list[str] = []
SETTLING = "did not end in order"
OURS = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000"}


def silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd names") / "a b,c(ä)[d]"


@pytest.fixture(scope="module")
def kafka(data_dir: Path) -> Iterator[EmbeddedKafka]:
    """One broker, in a folder whose name would break most scripts, below such a home, and as cron starts it.

    Tests leave it running.
    """
    cache = data_dir.parent / "käche"
    cache.symlink_to(default_cache())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C")
        with EmbeddedKafka(data_dir, OURS, cache=cache, progress=SAID.append) as broker:
            yield broker


@contextlib.contextmanager
def admin_of(broker: EmbeddedKafka) -> Iterator[KafkaAdminClient]:
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        yield admin


def write(broker: EmbeddedKafka, topic: str, values: list[bytes]) -> None:
    """One transaction."""
    producer = KafkaProducer(
        bootstrap_servers=broker.bootstrap, transactional_id=topic, max_request_size=3_000_000
    )
    with contextlib.closing(producer):
        producer.init_transactions()
        producer.begin_transaction()
        futures = [producer.send(topic, value, partition=0) for value in values]
        producer.flush(PATIENCE_S)
        assert all(future.get(0).offset >= 0 for future in futures)
        producer.commit_transaction()


def read(broker: EmbeddedKafka, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        consumer_timeout_ms=int(PATIENCE_S * 1000),
        max_partition_fetch_bytes=3_000_000,
    )
    with contextlib.closing(consumer):
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        found: list[bytes] = []
        while len(found) < count:
            found.append(next(consumer).value)
        return found


def processes_of(broker: EmbeddedKafka) -> list[psutil.Process]:
    """Launcher and Java, by their working folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()) == broker.folder:
                found.append(process)
    return found


def test_transactions_survive_a_stop_and_a_crash_at_the_same_address(kafka: EmbeddedKafka) -> None:
    with admin_of(kafka) as admin:
        admin.create_topics([NewTopic("survives", 1, 1)])
    address = kafka.bootstrap
    write(kafka, "survives", [b"1", b"2"])
    kafka.stop()
    assert processes_of(kafka) == []
    kafka.start()
    assert not any(SETTLING in text for text in SAID)
    write(kafka, "survives", [b"3"])
    assert kafka.problem() is None
    for process in (crashing := processes_of(kafka)):
        with contextlib.suppress(psutil.NoSuchProcess):  # Java goes with its launcher
            process.kill()
    assert psutil.wait_procs(crashing, PATIENCE_S)[1] == []
    problem = kafka.problem()
    assert problem is not None
    assert f"Its log {kafka.log_file} ends in:" in problem.message
    kafka.stop()
    assert kafka.problem() is None
    kafka.start()
    assert kafka.bootstrap == address
    assert any(SETTLING in text for text in SAID)  # or the last transaction might stay open for ever
    # It came back into no old session: the controller had written down that the broker was gone.
    assert "DUPLICATE_BROKER_REGISTRATION" not in kafka.log_file.read_text()
    assert read(kafka, "survives", 3) == [b"1", b"2", b"3"]


def test_a_record_of_2_mib_fits_where_the_topic_allows_it(kafka: EmbeddedKafka) -> None:
    with admin_of(kafka) as admin:
        admin.create_topics(
            [NewTopic("letters", 1, 1, topic_configs={"max.message.bytes": str(2 * 1024**2 + 1024)})]
        )
    big = os.urandom(2 * 1024**2)
    write(kafka, "letters", [big])
    assert read(kafka, "letters", 1) == [big]


def test_every_socket_is_on_the_loopback_address(kafka: EmbeddedKafka) -> None:
    listening = [
        connection.laddr.ip
        for process in processes_of(kafka)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == 2  # broker and controller
    assert set(listening) <= {HOST, f"::ffff:{HOST}"}


def test_the_heap_is_limited_and_the_command_line_stays_readable(kafka: EmbeddedKafka) -> None:
    java = next(process for process in processes_of(kafka) if "kafka.Kafka" in process.cmdline()[-2:])
    assert len(" ".join(java.cmdline())) < 200
    assert "-Xmx512m" in (kafka.folder / "java.options").read_text()


def test_the_callers_settings_come_on_top_of_ours(kafka: EmbeddedKafka) -> None:
    settings = (kafka.folder / "server.properties").read_text()
    assert "auto.create.topics.enable=false\n" in settings
    assert "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000\n" in settings


def test_a_second_broker_on_the_same_folder_is_refused(kafka: EmbeddedKafka, data_dir: Path) -> None:
    second = EmbeddedKafka(data_dir, progress=silent, ending_s=0.1)
    with pytest.raises(DataFolderInUse, match="A broker already runs on"):
        second.start()
    assert kafka.problem() is None


def test_a_port_taken_after_it_was_chosen_is_chosen_again_and_the_data_is_there(
    kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    with admin_of(kafka) as admin:
        admin.create_topics([NewTopic("moves", 1, 1)])
    write(kafka, "moves", [b"x"])
    kafka.stop()
    with socket.create_server((HOST, 0)) as thief:
        port = thief.getsockname()[1]
        save_ports(kafka.folder / "ports.json", {"broker": port})
        # The check says free, as it did an instant before the thief came.
        monkeypatch.setattr("infra.embedded.ports.is_free", lambda _: True)
        kafka.start()
        assert kafka.bootstrap != f"{HOST}:{port}"
        assert read(kafka, "moves", 1) == [b"x"]


def test_a_port_that_must_be_this_one_and_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} of {HOST} must be free for the broker") as caught:
            EmbeddedKafka(tmp_path, port=port, progress=silent).start()
        assert caught.value.port == port


def test_a_broker_that_dies_while_it_starts_is_told_with_its_log(tmp_path: Path) -> None:
    broken = EmbeddedKafka(tmp_path, {"process.roles": "nonsense"}, progress=silent)
    with pytest.raises(ServerFailed, match="nonsense"):
        broken.start()
