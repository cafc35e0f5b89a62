"""Batch models looked after by themselves, on a real broker and database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consumers.lifecycle import DeploymentHistory, Life, history_of
from consumers.trainer.trainer import News, Trainer
from contracts.codec import encode, rfc3339
from contracts.errors import Unreachable
from contracts.records import ModelQuarantined, Outcome
from contracts.settings import Settings
from contracts.topics import MODELS, OUTCOMES, USER_EVENTS
from infra.kafka import Record, topic_id
from infra.postgres import ModelChangeStore, RegistryStore, migrate
from infra.signatures import signatures_of
from models.tasks import TASKS
from tests.batch.filled_marts import fill_marts, simulated_rows
from tests.integration.conftest import FreshDatabase
from tests.integration.rehearsal import Rehearsal
from tests.odd_records import strange
from tests.registry import stages

TASK = TASKS["conversion"]
NAMES = [feature.name for feature in TASK.features().declared]
LEAST = 2_000


class House:
    """A shop, its database, and a trainer."""

    def __init__(self, bootstrap: str, namespace: str, database: FreshDatabase, folder: Path) -> None:
        self.settings = Settings(
            bootstrap=bootstrap,
            namespace=namespace,
            database_url=database.url,
            database_password_file=database.password_file,
            secret_file=folder / "secret.key",
        )
        self.shop = Rehearsal(bootstrap, namespace, partitions=2)
        for topic in (OUTCOMES, MODELS):  # of these nothing may come to the gate
            self.shop._send(topic, [Record("", 0, 0, 0, b"k", odd.value, ()) for odd in strange(topic)])
        migrate(database.url, database.password)
        self.database = database.open()
        self.registry = RegistryStore(database.open())
        self.changes = ModelChangeStore(database.open())
        self.news: list[News] = []
        self.told = threading.Event()

    def round(self, settings: Settings | None = None) -> list[str]:
        """What a trainer that has just been started does, step by step."""
        self.news.clear()
        Trainer(
            settings or self.settings, self.registry, self.changes, least_labels=LEAST, budget_s=0.0,
            tell=self.news.append, stop=self.told,
        ).look_after(TASK)  # fmt: skip
        return [one.step for one in self.news]

    def history(self) -> DeploymentHistory:
        log = topic_id(self.settings.bootstrap, self.shop.name(USER_EVENTS))
        return history_of(self.changes.of_log(log), TASK.name)

    def settle(self, name: str, loss: float, labels: int) -> None:
        """Labels that this model and what is served have answered since it is a shadow."""
        since = self.history().since[name].offsets
        rows = []
        for n in range(labels):
            made = Outcome(
                task=TASK.name, partition=n % 2, offset=since[n % 2] + 1 + n, event_id=f"e{n}", user_id="u",
                session_id=f"s{n // 3}", time="2026-01-05T08:00:00.000Z", label=0.0, why="ended",
                settled_offset=since[n % 2] + 2 + n, settled_time=rfc3339(1_767_600_000_000 + n), answers={},
                losses={"second-order": 0.30 + (n * 37 % 10) / 50, name: loss + (n * 53 % 10) / 50},
            )  # fmt: skip
            rows.append(Record("", n % 2, 0, 0, b"u", encode(made), ()))
        self.shop._send(OUTCOMES, rows)

    def quarantine(self, name: str) -> None:
        """A learner says that this model broke."""
        broke = ModelQuarantined(task=TASK.name, model=name, partition=0, offset=1, reason="it answered nan")
        self.shop._send(MODELS, [Record("", 0, 0, 0, b"", encode(broke), ())])

    def close(self) -> None:
        self.changes.close()
        self.registry.close()
        self.database.close()


@pytest.fixture
def house(bootstrap: str, namespace: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[House]:
    made = House(bootstrap, namespace, fresh_database, tmp_path)
    yield made
    made.close()


def kill(*_: object) -> None:
    """In place of what would have been done next."""
    raise KeyboardInterrupt


def test_a_model_is_trained_tried_out_and_promoted_and_the_next_takes_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(simulated_rows(TASK, 8_000, 1))
    few, some, half_as_many_again = LEAST - 1, 2_400, 3_700
    assert len(rows) >= half_as_many_again

    def fill(since: int, until: int, known: bool = True) -> None:
        with house.database as database:
            fill_marts(database, rows[since:until], {} if known else {1: (TASK.name, NAMES)})

    fill(0, few, known=False)
    assert house.round() == ["waiting"]
    assert "1,999 so far" in house.news[0].said

    fill(few, some)
    assert house.round() == ["training", "trained", "shadow", "gate"]
    first = house.registry.list(TASK.name)[-1]
    name = f"{first.name}@1"
    assert (first.metrics["labels"], house.history().stages()) == (some, {name: "shadow"})
    assert house.news[-1].said == f"gate: {name} not yet: nothing was answered by both"

    # Whoever starts now goes on: nothing new to train, the gate is asked, and says yes when it has seen enough.
    assert house.round() == ["gate"]
    house.settle(name, 0.25, 3_000)
    assert house.round() == ["gate", "promoted"]
    assert house.news[0].facts["evidence"]["passed"] is True
    change = house.history().promoted[name]
    assert (change.forced, change.evidence is not None) == (False, True)
    assert house.round() == []

    # Half as many labels again: another one beside the champion, which makes room for the one that follows.
    # Killed between the log and the database, the next trainer finds it on trial.
    fill(some, half_as_many_again)
    with monkeypatch.context() as killed:
        killed.setattr(house.changes, "done", kill)
        with pytest.raises(KeyboardInterrupt):
            house.round()
    assert [one.step for one in house.news] == ["training", "trained"]
    assert house.round() == ["gate"]
    second = house.registry.list(TASK.name)[-1]
    assert (second.metrics["labels"], second.stage) == (half_as_many_again, "shadow")
    assert stages(house.database)[first.id] == "champion"
    with house.database as database, database.transaction() as connection:
        connection.execute("UPDATE model_version SET metrics = '{\"labels\": 100}'")
    steps = house.round()
    assert steps == ["training", "trained", "shadow", "retired", "gate"]
    found = stages(house.database)
    assert (found[first.id], found[second.id], len(found)) == ("champion", "retired", 3)

    # Who broke is no shadow any more.
    house.quarantine(f"{second.name}@3")
    assert house.round() == ["retired"]

    # Who was taken back by a person stays so.
    signatures = signatures_of(house.settings)
    with closing(Life(house.settings.bootstrap, house.settings.namespace, house.changes, signatures)) as life:
        life.rollback(TASK.name)
    with house.database as database, database.transaction() as connection:
        connection.execute("UPDATE model_version SET metrics = '{\"labels\": 100000}'")
    assert house.round() == []

    # What is away is told by an error that the loop takes as one of its own.
    away = house.settings.model_copy(update={"database_url": "postgresql://freshet@127.0.0.1:1/none"})
    with pytest.raises(Unreachable):
        house.round(away)
