"""Where the life of models is tested: a shop, its learners, its registry, on a real broker and database."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from consumers.learner import ModelCache
from consumers.learner.registered import load_registered
from consumers.lifecycle import Life
from contracts.settings import Settings
from contracts.topics import MODELS, OUTCOMES, PREDICTIONS, USER_EVENTS, Topic
from freshet.cli.app import app
from infra.kafka import Record
from infra.postgres import ModelChangeStore, migrate
from infra.signatures import signatures_of
from producers.simulator import Scenario, Simulator
from tests.batch_models import trained
from tests.integration.conftest import FreshDatabase
from tests.integration.rehearsal import Rehearsal
from tests.odd_records import slander, strange
from tests.registry import register

A, B = "conversion/a@1", "conversion/b@1"


class Killed(BaseException):
    """Ends a change where it stands; nobody tidies up after it."""


class Town:
    """A shop of two partitions, its learners, and who changes its models."""

    def __init__(self, bootstrap: str, namespace: str, database: FreshDatabase, folder: Path) -> None:
        self.settings = settings = Settings(
            bootstrap=bootstrap,
            namespace=namespace,
            database_url=database.url,
            database_password_file=database.password_file,
            secret_file=folder / "secret.key",
        )
        self.shop = Rehearsal(
            bootstrap, namespace, partitions=2, batch_models=ModelCache(partial(load_registered, settings))
        )
        self.shop.signatures = signatures_of(settings)
        self.odd: set[bytes | None] = set()
        migrate(database.url, database.password)
        self.database = database.open()
        for seed, model_id in enumerate((A, B)):
            name = model_id.removeprefix("conversion/").removesuffix("@1")
            assert register(settings, "conversion", name, trained(seed)).id == model_id
        self.store = ModelChangeStore(database.open())
        emissions = Simulator(Scenario(seed=5, events=3_000, partitions=2))
        self.events = [e for e in emissions if e.topic == USER_EVENTS.name]
        self.at = 0

    def life(self, fault: str | None = None) -> Life:
        def die(point: str) -> None:
            if point == fault:
                raise Killed

        return Life(self.shop.bootstrap, self.shop.namespace, self.store, signatures_of(self.settings), die)

    def flow(self, events: int) -> None:
        """Publish so many records more, and learn them."""
        for partition in range(2):
            now = self.events[self.at : self.at + events]
            self.shop.publish([e.value for e in now if e.partition == partition], partition)
        self.at += events
        for partition in range(2):
            self.shop.learn(partition=partition, turn=200)

    def typed(self, *arguments: str, **other: str) -> Result:
        """Type ``freshet`` with `arguments`."""
        env = {
            "FRESHET_BOOTSTRAP": self.shop.bootstrap,
            "FRESHET_NAMESPACE": self.shop.namespace,
            "FRESHET_DATABASE_URL": self.settings.database_url,
            "FRESHET_DATABASE_PASSWORD_FILE": str(self.settings.database_password_file),
            "FRESHET_SECRET_FILE": str(self.settings.secret_file),
            "COLUMNS": "200",
        }
        return CliRunner().invoke(app, arguments, prog_name="freshet", env=env | other)

    def meet_strangers(self) -> None:
        """Nothing of what they write may come to the gate, or to an answer."""
        values: dict[Topic, list[bytes | None]] = {
            MODELS: [slander("logistic")],
            PREDICTIONS: [],
            OUTCOMES: [],
        }
        for topic, odd in values.items():
            odd += [one.value for one in strange(topic)]
            self.odd |= {*odd}
            self.shop._send(topic, [Record("", 0, 0, 0, b"k", value, ()) for value in odd])

    def fields(self, topic: Any) -> list[dict[str, Any]]:
        """Of all records but a stranger's."""
        return [json.loads(r.value or b"") for r in self.shop.records(topic) if r.value not in self.odd]

    def activations(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {0: [], 1: []}
        for record in self.shop.records(USER_EVENTS):
            if b"ModelActivated" in (record.value or b""):
                found[record.partition].append(json.loads(record.value or b"")["change"])
        return found

    def close(self) -> None:
        self.store.close()
        self.database.close()
