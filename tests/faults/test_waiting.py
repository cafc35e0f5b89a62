"""Every long-running role waits for a broker or database that is away, at whatever point, and says so in two lines.

Roles are the real commands. Between them and the servers stands a door that is shut at a chosen request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.topics import JOURNAL, PRODUCT_EVENTS, TRUTH, USER_EVENTS
from freshet.commands.etl import _again_and_again
from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from infra.kafka import read_to_end
from infra.waiting import Waiting
from producers.simulator import Scenario, Simulator
from tests.backend.settings import BROKER_OVERRIDES
from tests.faults.cut import END_TXN, FETCH, INIT_PRODUCER_ID, LIST_OFFSETS, METADATA, PRODUCE, Door, door
from tests.faults.roles import Away, Said, away_on
from tests.waiting import until


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
    with away_on(broker, f"127.0.0.1:{broker.port}", embedded_postgres, tmp_path, namespace) as made:
        yield made


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
