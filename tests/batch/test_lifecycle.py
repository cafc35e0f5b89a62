"""A model's life on a real broker and database: every partition sees a change or none, and the log says why."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import TopicPartition
from typer.testing import CliRunner, Result

from consumers.learner import Shelf
from consumers.learner.artefacts import RegistryArtefacts
from consumers.lifecycle import FAULT_POINTS, Life, NotPromoted, quarantined, who_at, who_for
from contracts.codec import decode_user_event, encode, rfc3339
from contracts.dead_letters import said_by
from contracts.errors import Fenced, UsageError
from contracts.events import ModelActivated
from contracts.records import Outcome
from contracts.settings import Settings
from contracts.topics import DEAD_LETTERS, MODELS, OUTCOMES, PREDICTIONS, USER_EVENTS, Topic
from dashboard.view.scores import Scores
from freshet.cli.app import app
from infra.kafka import KafkaTransactions, OutgoingRecord, Record, connect_consumer, topic_id
from infra.keyring import Keyring, load_keyring
from infra.postgres import ModelChangeStore, migrate
from infra.signatures import Signatures, signatures_of
from producers.simulator import Scenario, Simulator
from tests.batch_models import Estimator, trained
from tests.integration.conftest import FreshDatabase
from tests.integration.rehearsal import Rehearsal
from tests.integration.scored import scoreboard
from tests.odd_records import slander, strange
from tests.registry import register, stages

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
            bootstrap, namespace, partitions=2, batch_models=Shelf(RegistryArtefacts(settings))
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


@pytest.fixture
def town(bootstrap: str, namespace: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Town]:
    made = Town(bootstrap, namespace, fresh_database, tmp_path)
    yield made
    made.close()


def test_a_model_answers_is_served_and_taken_back_and_each_prediction_knows_by_which_change(
    town: Town,
) -> None:
    town.flow(900)
    life = town.life()
    with pytest.raises(UsageError, match="must be a shadow before it can be promoted"):
        life.promote(A)
    shadow = life.shadow(A)
    assert shadow.offsets.keys() == {0, 1}
    with pytest.raises(UsageError, match="It is shadow already"):
        life.shadow(A)
    forge(town)
    town.flow(900)
    with pytest.raises(NotPromoted, match="At least 500 sessions") as refused:
        life.promote(A)
    assert refused.value.report.labels > 50
    first = life.promote(A, force=True)
    assert (first.forced, first.replaced, first.evidence and first.evidence["passed"]) == (True, None, False)
    town.flow(600)
    second = life.promote(B, force=True)
    assert second.replaced == "a@1"
    town.flow(600)
    assert stages(town.database) == {A: "shadow", B: "champion"}
    back = life.rollback("conversion")
    assert (back.model, back.replaced) == ("b@1", "a@1")
    town.flow(400)
    life.rollback("conversion")
    with pytest.raises(UsageError, match="An online model is served"):
        life.rollback("conversion")
    town.flow(2_000)
    life.close()

    changes = [shadow, first, second, back]
    served = {"a@1": 0, "b@1": 0, "second-order": 0}
    for one in town.fields(PREDICTIONS):
        if one["task"] != "conversion":
            assert not any("@" in name for name in one["answers"])
            continue
        behind = [c for c in changes if one["offset"] > c.offsets[one["partition"]]]
        must = {0: "second-order", 1: "second-order", 2: "a@1", 3: "b@1"}.get(len(behind))
        if must is not None:
            assert one["served"] == must
        served[one["served"]] += 1
    assert min(served.values()) > 50
    report = town.shop.audit()
    assert report.is_ok
    assert report.explain() == []
    letters = [said_by(letter.headers) for letter in town.shop.records(DEAD_LETTERS)]
    assert [(said["topic"], said["exception.class.name"]) for said in letters] == [
        (town.shop.name(USER_EVENTS), "not-signed")
    ] * 5
    assert [one.not_signed for one in report.partitions.values()] == [5, 0]
    told = [n for n in town.fields(MODELS) if n["type"] == "ModelInForce" and n["change"] == second.id]
    assert {n["partition"]: n["offset"] for n in told} == second.offsets
    assert [n["action"] for n in town.fields(MODELS) if n["type"] == "ModelChanged"] == [
        "shadow", "promote", "promote", "rollback", "rollback",
    ]  # fmt: skip
    assert stages(town.database) == {A: "retired", B: "retired"}

    asked = next(p for p in town.fields(PREDICTIONS) if p["served"] == "b@1")
    bootstrap, namespace = town.shop.bootstrap, town.shop.namespace
    answered = {p.task: a for p, a in who_for(bootstrap, namespace, asked["event_id"])}["conversion"]
    assert answered.champion is not None
    assert (answered.served, answered.champion.change) == ("b@1", second.id)
    assert answered.since_offset == second.offsets[asked["partition"]]
    then = {one.partition: one for one in who_at(bootstrap, namespace, "conversion", asked["time"])}
    assert then[asked["partition"]].champion == answered.champion
    at_first = who_at(bootstrap, namespace, "conversion", "2020-01-01T00:00:00.000Z")
    assert [(a.served, a.since_offset) for a in at_first] == [("second-order", None)] * 2
    typed_wrong(town)
    typed_right(town, asked, second)


def forge(town: Town) -> None:
    """What a stranger may write into the first partition who reads the log and has no key."""
    records = {0: b"", 1: b""} | {
        r.partition: r.value for r in town.shop.records(USER_EVENTS) if b"ModelActivated" in (r.value or b"")
    }
    genuine, _ = decode_user_event(records[0])
    assert isinstance(genuine, ModelActivated)
    other = Signatures(lambda: Keyring(bytes(32)), topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS)))
    of_another_log = Signatures(lambda: load_keyring(town.settings.secret_file), "another log")
    champion = msgspec.structs.replace(genuine, stage="champion", id="forged-1")
    town.shop.publish(
        [
            encode(msgspec.structs.replace(champion, key="", mac="")),
            encode(other.signed(champion, 0)),
            encode(of_another_log.signed(champion, 0)),
            records[0],
            records[1],
        ]
    )


def typed_wrong(town: Town) -> None:
    """Both models are retired."""
    for arguments, code, said in (
        (
            ("shadow", "conversion/nobody@9"),
            2,
            "must be named, as task/name@version. Got 'conversion/nobody@9'",
        ),
        (("promote", "conversion/nobody@9"), 2, "`freshet models list` has their ids"),
        (("promote", A), 2, "must be a shadow before it can be promoted"),
        (("shadow", A, "--end"), 2, "must be a shadow. It is retired."),
        (("rollback", "conversion"), 2, "An online model is served."),
        (("rollback", "taste"), 2, "The task must be one of conversion, basket. Got 'taste'."),
        (("why", "--task", "conversion"), 2, "Either --prediction must be given, or --task and --at."),
        (("why", "--task", "taste", "--at", "2026-01-05 08:00"), 2, "--task must be one of"),
        (("why", "--task", "conversion", "--at", "noon"), 2, "--at must be an event time from 2000 to 2099"),
        (("why", "--prediction", "nobody"), 2, "There must be a prediction of the event 'nobody'."),
    ):
        result = town.typed(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert said in result.stderr and "Traceback" not in result.stderr, result.stderr
    for command in (("shadow", A), ("promote", A), ("rollback", "conversion")):
        result = town.typed(*command, FRESHET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        assert result.exit_code == 1 and "Traceback" not in result.stderr, result.stderr
        assert "database" in result.stderr
    assert stages(town.database) == {A: "retired", B: "retired"}


def typed_right(town: Town, asked: dict[str, Any], second: Any) -> None:
    shadow = town.typed("shadow", A)
    assert shadow.exit_code == 0 and "answers from now on, unserved" in shadow.stdout, shadow.stderr
    refused = town.typed("promote", A, "--json")
    assert refused.exit_code == 1 and "does not pass the gate" in refused.stderr
    assert json.loads(refused.stdout)["promoted"] is False
    promoted = json.loads(town.typed("promote", A, "--force", "--json").stdout)
    assert (promoted["model"], promoted["forced"], promoted["state"]) == (A, True, "done")
    back = town.typed("rollback", "conversion")
    assert f"{A} is retired" in back.stdout and "an online model is served again" in back.stdout
    for question in (("--task", "conversion", "--at", asked["time"]), ("--prediction", asked["event_id"])):
        shown = town.typed("why", *question)
        assert shown.exit_code == 0 and "b@1" in shown.stdout and ", forced" in shown.stdout, shown.stderr
        said = json.loads(town.typed("why", *question, "--json").stdout)
        assert said["changes"][second.id]["evidence"] is None
        assert "b@1" in [one["served"] for one in said["answered"]]
    away = town.typed(
        "why", "--prediction", asked["event_id"], FRESHET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"
    )
    assert away.exit_code == 0 and "The evidence is not to be had" in away.stderr and "b@1" in away.stdout


def test_a_model_that_broke_is_not_promoted_again_and_why_tells_before_from_after(
    town: Town, fresh_database: FreshDatabase
) -> None:
    sound = trained(3)
    odd = Estimator(sound.estimator, (*sound.features[1:], "moods"))
    broken = register(town.settings, "conversion", "c", odd).id
    town.meet_strangers()
    town.flow(300)
    life = town.life()
    life.promote(broken, force=True)
    town.flow(300)
    assert life.promote(A, force=True).replaced == "c@1"
    back = life.rollback("conversion")
    assert (back.model, back.replaced) == ("a@1", None), "an online model is better than one that broke"
    for attempt in (
        lambda: life.promote(broken),
        lambda: life.promote(broken, force=True),
        lambda: life.shadow(broken),
    ):
        with pytest.raises(UsageError, match="must not be in quarantine. It broke in partition .*'moods'"):
            attempt()
    life.close()
    typed = town.typed("promote", broken, "--force")
    assert typed.exit_code == 2 and "must not be in quarantine" in typed.stderr
    with scoreboard(town.shop.bootstrap, fresh_database, town.shop.namespace) as running:
        running.wait()
    scores = Scores(town.settings)
    assert scores.stages() == {A: "retired", B: "registered", broken: "quarantine"}
    scores.close()
    assert stages(town.database)[broken] == "shadow"

    assert quarantined(town.shop.bootstrap, town.shop.namespace, "conversion").keys() == {"c@1"}
    news = town.fields(MODELS)
    quarantine = next(n for n in news if n["type"] == "ModelQuarantined")
    partition, offset = quarantine["partition"], quarantine["offset"]
    began = next(n for n in news if n["type"] == "ModelInForce" and n["partition"] == partition)["time"]
    broke = next(
        p["time"]
        for p in town.fields(PREDICTIONS)
        if (p["task"], p["partition"], p["offset"]) == ("conversion", partition, offset)
    )
    assert began < broke
    before, after = (
        who_at(town.shop.bootstrap, town.shop.namespace, "conversion", time)[partition]
        for time in (began, broke)
    )
    assert (before.served, before.out) == ("c@1", None)
    assert (after.served, after.since_offset) == ("second-order", offset)
    assert after.out is not None and after.out.offset == offset


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_change_that_is_cut_off_anywhere_stands_in_every_partition_or_in_none_and_the_next_settles_it(
    town: Town, point: str
) -> None:
    dying = town.life(point)
    with pytest.raises(Killed):
        dying.shadow(A)
    dying.close()  # of the sockets alone: what is open on the broker stays open
    log = topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS))
    (pending,) = town.store.of_log(log)
    assert pending.state == "pending"
    life = town.life()
    (settled,) = town.store.of_log(log)
    came_to_be = point == "after commit"
    assert settled.state == ("done" if came_to_be else "void")
    assert town.activations() == {p: [settled.id] if came_to_be else [] for p in (0, 1)}
    assert settled.offsets.keys() == ({0, 1} if came_to_be else set())
    if not came_to_be:
        life.shadow(A)
    assert stages(town.database)[A] == "shadow"
    town.flow(400)
    assert town.shop.audit().is_ok
    life.close()


def test_of_two_who_change_at_once_the_newer_fences_the_older(town: Town) -> None:
    town.flow(200)
    older = town.life()
    newer = town.life()
    newer.shadow(A)
    with pytest.raises(Fenced, match="Another change of models"):
        older.shadow(B)
    older.close()
    newer.close()
    town.life().close()
    log = topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS))
    assert [(c.model, c.state) for c in town.store.of_log(log)] == [("a@1", "done"), ("b@1", "void")]
    assert town.activations()[0] == town.activations()[1] != []


def test_no_partition_shows_a_change_before_all_of_them_do(town: Town) -> None:
    """Those who read committed records stop at the open transaction, in each partition."""
    town.flow(200)
    dying = town.life("after flush")
    with pytest.raises(Killed):
        dying.shadow(A)
    dying.close()
    ends: dict[str, list[int]] = {}
    for isolation in ("read_committed", "read_uncommitted"):
        with connect_consumer(town.shop.bootstrap, isolation=isolation) as consumer:
            at = [TopicPartition(town.shop.name(USER_EVENTS), p) for p in (0, 1)]
            ends[isolation] = [consumer.end_offsets(at)[tp] for tp in at]
    assert [written - stable for stable, written in zip(*ends.values(), strict=True)] == [1, 1]
    town.life().close()


def test_a_change_that_is_committed_but_can_not_be_read_yet_is_waited_for(town: Town) -> None:
    """A commit is decided before the broker has marked each partition: as here, where another transaction is open."""
    town.flow(200)
    other = KafkaTransactions(
        town.shop.bootstrap,
        f"{town.shop.namespace}other",
        transaction_timeout_ms=60_000,
        delivery_timeout_ms=30_000,
    )
    other.init()
    other.begin()
    other.send(OutgoingRecord(town.shop.name(USER_EVENTS), 1, b"k", b"no event", []))
    other.flush(10.0)
    life = town.life()
    ending = threading.Timer(1.0, other.commit)
    ending.start()
    change = life.shadow(A)
    ending.join()
    assert change.state == "done" and set(change.offsets) == {0, 1}
    assert town.activations() == {0: [change.id], 1: [change.id]}
    life.close()
    other.close()


def outcome(
    number: int, label: float, partition: int, offset: int, losses: dict[str, float | None]
) -> Record:
    made = Outcome(
        task="conversion", partition=partition, offset=offset, event_id=f"e{number}", user_id="u",
        session_id=f"s{number // 3}", time="2026-01-05T08:00:00.000Z", label=label, why="ended",
        settled_offset=offset + 1, settled_time=rfc3339(1_767_600_000_000 + number), answers={}, losses=losses,
    )  # fmt: skip
    return Record("", partition, 0, 0, b"u", encode(made), ())


def test_a_better_shadow_passes_the_gate_by_labels_since_it_answers_and_its_evidence_is_kept(
    town: Town,
) -> None:
    town.flow(100)
    before = [outcome(n, 0.0, 0, n, {"second-order": 0.1, "a@1": 9.0}) for n in range(30)]
    town.shop._send(OUTCOMES, before)
    life = town.life()
    shadow = life.shadow(A)
    rows = []
    for n in range(3_000):
        since = shadow.offsets[n % 2]
        losses = {
            "second-order": 0.30 + (n * 37 % 10) / 50,
            "logistic": 0.0,
            "a@1": 0.25 + (n * 53 % 10) / 50,
        }
        rows.append(outcome(n, 0.0, n % 2, since + 1 + n, losses))
    rows.append(outcome(9_000, 0.0, 0, shadow.offsets[0] + 9_000, {"second-order": 0.1, "a@1": None}))
    town.shop._send(OUTCOMES, rows)
    change = life.promote(A)
    assert change.evidence is not None
    assert change.evidence["passed"] is True
    assert (change.evidence["labels"], change.forced) == (3_000, False)
    assert change.evidence["effect"] == pytest.approx(0.05)
    (_, stored) = town.store.of_log(topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS)))
    assert stored.evidence == change.evidence
    life.close()
