"""Every long-running role waits for a broker or database that is away, at whatever point, and says so in two lines.

Roles are the real commands. Between them and the servers stands a door that is shut at a chosen request.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from contracts.settings import Settings, environment
from contracts.topics import JOURNAL, PRODUCT_EVENTS, TRUTH, USER_EVENTS, Topic, topic_name
from freshet.commands.etl import _again_and_again
from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from infra.kafka import connect_producer, ensure_topics, group_offset, read_to_end
from infra.postgres import migrate, read_password
from infra.waiting import Waiting
from producers.simulator import Scenario, Simulator
from tests.backend.settings import BROKER_OVERRIDES
from tests.faults.cut import END_TXN, FETCH, INIT_PRODUCER_ID, LIST_OFFSETS, METADATA, PRODUCE, Door, door
from tests.waiting import until

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Away:
    """A broker and a database that can go away, and a shop on them."""

    settings: Settings
    broker: Door
    database: Door

    def name(self, topic: Topic) -> str:
        return topic_name(topic, self.settings.namespace, self.settings.group)

    def committed(self) -> int:
        found = group_offset(self.settings.bootstrap, self.settings.group, self.name(USER_EVENTS), 0)
        return 0 if found is None else found.offset

    def publish(self, topic: Topic, values: Iterable[bytes]) -> None:
        """Send records."""
        with connect_producer(self.settings.bootstrap) as producer:
            for value in values:
                producer.send(self.name(topic), value=value, key=b"k", partition=0)
            producer.flush(timeout=30)

    @contextmanager
    def role(self, *arguments: str, folder: Path) -> Iterator[Role]:
        """Run ``freshet ARGUMENTS``."""
        log = folder / f"{arguments[0]}.log"
        env = {k: v for k, v in os.environ.items() if not k.startswith(("FRESHET_", "COVERAGE_PROCESS_"))}
        env |= environment(self.settings) | {"PYTHONPATH": str(_ROOT)}
        with log.open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", "freshet", *arguments], env=env, stderr=out)
        try:
            yield Role(process=process, log=log)
        finally:
            for one in (self.broker, self.database):
                if one.is_shut:
                    one.open()
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
                print(log.read_text())


@dataclass
class Said:
    """What is said of waiting."""

    said: list[str] = field(default_factory=list)
    times: int = 0

    def lines(self, of: str) -> list[str]:
        """Lines with these words."""
        return [line for line in self.said if f" {of}" in line]

    def problem(self) -> str | None:
        """Why it can say no more."""
        return None

    def waits_and_goes_on(self, away: Door, and_again_at: int | bytes | None = None) -> None:
        """It says that it waits while `away` is shut, and then that it goes on; each once.

        `and_again_at`: where `away` is shut once more while it connects anew.
        """
        self.times += 1
        self.says("waits: ")
        assert away.is_shut
        away.open(and_again_at)
        if and_again_at is not None:
            until(lambda: away.is_shut, f"it asks for {and_again_at!r}", 60)
            away.open()
        self.says("goes on after ")

    def says(self, what: str) -> None:
        """It says `what` for the `times`-th time."""
        until(
            lambda: len(self.lines(what)) >= self.times or self.problem() is not None,
            f"time {self.times}: {what}",
            60,
        )
        assert self.problem() is None
        assert len(self.lines(what)) == self.times


@dataclass
class Role(Said):
    """A command that runs."""

    process: subprocess.Popen[bytes] = field(kw_only=True)
    log: Path = field(kw_only=True)

    def lines(self, of: str) -> list[str]:
        """Lines with these words."""
        self.said = self.log.read_text().splitlines()
        return super().lines(of)

    def problem(self) -> str | None:
        """What it said, once it has ended."""
        return None if self.process.poll() is None else self.log.read_text()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A broker of its own behind a door, which is the only way to it."""
    behind: list[EmbeddedKafka] = []
    with door(lambda: int(behind[0].bootstrap.rpartition(":")[2])) as the_door:
        overrides = BROKER_OVERRIDES | {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{the_door.port}"}
        with EmbeddedKafka(tmp_path_factory.mktemp("behind"), overrides) as kafka:
            behind.append(kafka)
            yield the_door


@pytest.fixture
def away(broker: Door, embedded_postgres: EmbeddedPostgres, tmp_path: Path, namespace: str) -> Iterator[Away]:
    """A shop's topics on that broker, and a database of its own behind a door."""
    parts = conninfo_to_dict(embedded_postgres.conninfo)
    name = namespace.strip(".")  # scores of two shops must not meet in one database
    with psycopg.connect(embedded_postgres.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with door(lambda: int(parts["port"])) as database:
        settings = Settings(
            bootstrap=f"127.0.0.1:{broker.port}",
            database_url=f"postgresql://{parts['user']}@127.0.0.1:{database.port}/{name}",
            database_password_file=embedded_postgres.password_file,
            data_dir=tmp_path / "data",
            namespace=namespace,
            group=f"g-{namespace[:-1]}",
            partitions=1,
            transaction_timeout_ms=8_000,
            delivery_timeout_ms=6_000,
        )
        migrate(settings.database_url, read_password(settings.database_password_file))
        ensure_topics(settings.bootstrap, 1, namespace=namespace, group=settings.group)
        yield Away(settings, broker, database)


def test_the_scoreboard_waits_for_whatever_is_away(away: Away, tmp_path: Path) -> None:
    away.broker.shut()
    with away.role("scoreboard", folder=tmp_path) as role:
        role.waits_and_goes_on(away.broker)
        away.broker.shut_at(FETCH)
        role.waits_and_goes_on(away.broker, and_again_at=LIST_OFFSETS)
        away.broker.shut()
        role.waits_and_goes_on(away.broker, and_again_at=METADATA)
        away.database.shut_at(b"COMMIT")
        away.publish(TRUTH, [b"?"])
        role.waits_and_goes_on(away.database, and_again_at=b"score_offset")


def test_a_learner_waits_for_whatever_is_away(away: Away, events: list[bytes], tmp_path: Path) -> None:
    away.broker.shut()
    with away.role("learn", folder=tmp_path) as role:
        role.waits_and_goes_on(away.broker)
        until(lambda: role.lines("at offset 0"), "the worker has recovered", 60)
        away.broker.shut_at(FETCH)
        role.waits_and_goes_on(away.broker, and_again_at=FETCH)
        away.broker.shut_at(END_TXN)
        away.publish(USER_EVENTS, events[:50])
        role.waits_and_goes_on(away.broker, and_again_at=INIT_PRODUCER_ID)
        until(lambda: away.committed() == 50, "all is committed", 60)
    journal = [json.loads(r.value) for r in read_to_end(away.settings.bootstrap, away.name(JOURNAL))]
    turns = [(entry["start"], entry["end"]) for entry in journal]
    assert [start for start, _ in turns] == [0, *(end for _, end in turns[:-1])]


def test_a_learner_goes_on_without_its_database_and_its_snapshots_wait(
    away: Away, events: list[bytes], tmp_path: Path
) -> None:
    away.database.shut()
    often = away.settings.model_copy(update={"snapshot_every_events": 100})
    with replace(away, settings=often).role("learn", folder=tmp_path) as role:
        until(lambda: role.lines("at offset 0"), "the worker has recovered", 60)
        away.publish(USER_EVENTS, events[:150])
        until(lambda: away.committed() == 150, "it learns without", 60)
        role.times = 1
        role.says("waits: The database ")
        away.database.open()
        away.publish(USER_EVENTS, events[150:300])
        role.says("goes on after ")
        away.database.shut_at(b"COMMIT")
        away.publish(USER_EVENTS, events[300:450])
        role.times = 2
        role.says("waits: The database ")
        until(lambda: away.committed() == 450, "it goes on learning", 60)


def test_learners_that_share_wait_for_the_broker_of_their_group(
    away: Away, events: list[bytes], tmp_path: Path
) -> None:
    away.broker.shut()
    with away.role("learn", "--share", folder=tmp_path) as role:
        role.waits_and_goes_on(away.broker)
        until(lambda: role.lines("at offset 0"), "the worker has recovered", 60)
        away.broker.shut()
        until(lambda: any("of partition 0" in line for line in role.lines("waits: ")), "it is missed", 60)
        away.broker.open()
        away.publish(USER_EVENTS, events[:50])
        until(lambda: away.committed() == 50, "what it owned is learnt on", 60)
        until(lambda: len(role.lines("goes on after ")) == len(role.lines("waits: ")), "it says so", 60)


def test_the_simulator_waits_for_whatever_is_away_and_sends_the_same_bytes(
    away: Away, tmp_path: Path
) -> None:
    scenario = Scenario(seed=5, events=2_000, partitions=1)
    away.broker.shut()
    sending = ("simulate", "--seed", "5", "--events", "2000", "--rate", "500")
    with away.role(*sending, folder=tmp_path) as role:
        role.waits_and_goes_on(away.broker)
        away.broker.shut_at(PRODUCE)
        role.waits_and_goes_on(away.broker, and_again_at=PRODUCE)
        assert role.process.wait(60) == 0
    for topic in (USER_EVENTS, PRODUCT_EVENTS, TRUTH):
        sent = [record.value for record in read_to_end(away.settings.bootstrap, away.name(topic))]
        assert sent == [emission.value for emission in Simulator(scenario) if emission.topic == topic.name]


def test_the_trainer_waits_for_a_database_that_is_away(away: Away, tmp_path: Path) -> None:
    away.database.shut()
    with away.role("trainer", "--every", "1s", folder=tmp_path) as role:
        role.waits_and_goes_on(away.database)
        away.database.shut_at(b"SELECT")
        role.waits_and_goes_on(away.database, and_again_at=b"SELECT")


def test_an_etl_on_its_clock_waits_for_whatever_is_away(away: Away) -> None:
    """With nothing new on the log, Spark has nothing to do."""
    told, role = threading.Event(), Said()
    waiting = Waiting("The ETL", role.said.append)
    thread = threading.Thread(
        target=_again_and_again,
        args=(None, away.settings, 0.1, told, False, waiting),
    )
    thread.start()
    try:
        for one, at in ((away.broker, LIST_OFFSETS), (away.database, b"SELECT")):
            one.shut_at(at)
            role.waits_and_goes_on(one, and_again_at=at)
            assert thread.is_alive()
    finally:
        told.set()
        thread.join(60)
