"""A stranger writes whatever bytes there are to the main input: everything lives on, and all of it is accounted for."""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from kafka.errors import MessageSizeTooLargeError
from kafka.record.default_records import DefaultRecordBatchBuilder
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from consumers.audit import audit_learners
from consumers.learner import LearnerFold
from contracts.codec import REASONS, decode_user_event
from contracts.records import Outcome
from contracts.settings import Settings, environment
from contracts.topics import DEAD_LETTERS, OUTCOMES, PREDICTIONS, USER_EVENTS
from freshet.cli.app import app
from infra.kafka import Record, connect_producer, ensure_topics
from infra.lifeline import Child, spawn
from infra.postgres import Database, connect, read_password
from producers.simulator import Scenario, Simulator
from tests.corpus import Oddity, corpus, from_the_future, padded
from tests.faults.stage import Stage
from tests.waiting import DEADLINE_S, until

ROOT = Path(__file__).resolve().parents[2]
# Kafka's own default.
MAX_MESSAGE_BYTES = 1_048_588
BEFORE, AFTER = 2_000, 10_000
FLOODS = 8
# The slowest machine, with other tests beside this one.
LONG_S = 240.0
KEYS = (b"k", b"\xff\x00\x1b[2J", b"", None)
# Names that ours use too.
HEADERS = (("__connect.errors.topic", b"of a stranger"), ("empty", b""))


def batch_bytes(value: bytes) -> int:
    """What a broker measures: the batch of this one record."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=0,
        producer_epoch=0,
        base_sequence=0,
        batch_size=1 << 22,
    )
    builder.append(0, 1, b"k", value, list(HEADERS))
    return len(builder.build())


def exactly(size: int, make: Callable[[int], bytes]) -> bytes:
    """A value whose batch takes exactly `size` bytes."""
    return make(size - (batch_bytes(make(size - 200)) - (size - 200)))


@dataclass
class Flooded:
    """A shop in whose midst a stranger wrote, with all that runs on it."""

    stage: Stage
    good: list[bytes]
    oddities: list[Oddity]
    children: dict[str, Child]
    worker: psutil.Process
    rss_before: int
    rss_after: int
    watched: Path

    @property
    def env(self) -> Mapping[str, str]:
        return environment(self.stage.settings)


def start(stage: Stage, out: Path, *arguments: str) -> Child:
    with out.open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr:
        return spawn(
            [sys.executable, "-m", "freshet", *arguments],
            env=environment(stage.settings) | {"PYTHONPATH": str(ROOT)},
            stdout=stdout,
            stderr=stderr,
        )


def send(stage: Stage, records: Sequence[tuple[bytes | None, bytes | None]]) -> None:
    with connect_producer(stage.bootstrap, max_request_size=8 * 1024 * 1024) as producer:
        sent = [
            producer.send(stage.name(USER_EVENTS), key=key, value=value, headers=list(HEADERS), partition=0)
            for key, value in records
        ]
        producer.flush()
        for future in sent:
            future.get(timeout=DEADLINE_S)


@pytest.fixture(scope="module")
def flooded(new_stage: Callable[[str], Stage], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flooded]:
    stage = with_own_database(new_stage("flooded."))
    ensure_topics(stage.bootstrap, 1, namespace=stage.settings.namespace, group=stage.settings.group)
    folder = tmp_path_factory.mktemp("flooded")
    good = [
        e.value for e in Simulator(Scenario(seed=11, events=BEFORE + AFTER)) if e.topic == USER_EVENTS.name
    ]
    before = len(good) - AFTER
    time = decode_user_event(good[before])[0].time
    big = [
        Oddity(
            "an event as big as can be", exactly(MAX_MESSAGE_BYTES, lambda size: padded(size, time)), None
        ),
        Oddity(
            "nonsense as big as can be",
            exactly(MAX_MESSAGE_BYTES, lambda size: b"{" + b"0" * (size - 1)),
            "not-json",
        ),
    ]
    bytes_only = [*corpus(time), *from_the_future("2099-12-31T23:59:59.999Z")]
    children = {
        "learn": start(stage, folder / "learn.out", "learn"),
        "scoreboard": start(stage, folder / "scoreboard.out", "scoreboard"),
        "watch": start(stage, folder / "watch.out", "watch", "--from-beginning", "--json"),
    }
    try:

        def is_learnt() -> bool:
            dead = {name: child.poll() for name, child in children.items() if child.poll() is not None}
            assert not dead, [(name, (folder / f"{name}.err").read_text()) for name in dead]
            return stage.committed_offset() >= stage.end()

        stage.publish(good[:before])
        until(is_learnt, "all before the flood learnt", LONG_S)
        (worker,) = psutil.Process(children["learn"].pid).children(recursive=True)
        oddities: list[Oddity] = []
        rss = []
        draws = random.Random(7)
        for _ in range(FLOODS):
            wave = [*draws.sample(bytes_only, len(bytes_only)), *big]
            # A record without key and value can't be written with this client.
            send(
                stage, [(b"k" if o.value is None or o in big else draws.choice(KEYS), o.value) for o in wave]
            )
            oddities += wave
            until(is_learnt, "the flood learnt", LONG_S)
            rss.append(worker.memory_info().rss)
        stage.publish(good[before:])
        until(is_learnt, "all after the flood learnt", LONG_S)
        yield Flooded(stage, good, oddities, children, worker, rss[1], rss[-1], folder / "watch.out")
    finally:
        # `watch` has no turn to finish: it is ended at once.
        children["watch"].kill()
        for child in children.values():
            child.release()
        for child in children.values():
            child.stop(DEADLINE_S)


def with_own_database(stage: Stage) -> Stage:
    """Scores of two shops must not meet in one database."""
    settings = stage.settings
    name = settings.namespace.strip(".")
    with connect(settings.database_url, read_password(settings.database_password_file)) as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
    own = make_conninfo(settings.database_url, dbname=name)
    return Stage(Settings(**(settings.model_dump(exclude_unset=True) | {"database_url": own})))


def test_what_is_accepted_and_what_is_a_dead_letter_is_what_was_sent(flooded: Flooded) -> None:
    refused = Counter(oddity.reason for oddity in flooded.oddities if oddity.reason)
    letters = Counter(
        dict(reversed(record.headers))["__connect.errors.exception.class.name"].decode()
        for record in flooded.stage.records(DEAD_LETTERS)
    )
    assert letters == refused
    # A change of models is judged by its signature, where it is one: tests/batch/lifecycle.
    assert set(letters) == set(REASONS) - {"not-signed"}
    report = audit_learners(flooded.stage.settings, lambda *_: None)
    assert report.explain() == []
    assert report.is_ok
    audited = report.partitions[0]
    assert audited.events == len(flooded.good) + len(flooded.oddities) == flooded.stage.end()
    assert audited.dead_letters == refused.total()


def test_worker_scoreboard_and_watch_live_on(flooded: Flooded) -> None:
    predictions = len(flooded.stage.records(PREDICTIONS))
    outcomes = len(flooded.stage.records(OUTCOMES))

    def watched() -> int:
        return flooded.watched.read_bytes().count(b"\n")

    until(lambda: watched() >= predictions, "every prediction watched", LONG_S)
    settings = flooded.stage.settings
    with Database(settings.database_url, read_password(settings.database_password_file)) as database:
        from consumers.scoreboard import totals

        def scored() -> int:
            found = totals(database)
            return sum(found.outcomes.values()) + found.late

        until(lambda: scored() >= outcomes, "every outcome scored", LONG_S)
        letters = sum(o.reason is not None for o in flooded.oddities)
        until(lambda: totals(database).dead_letters == letters, "every dead letter counted", LONG_S)
    assert {name: child.poll() for name, child in flooded.children.items()} == dict.fromkeys(flooded.children)
    # The very process that began: it was never started again.
    assert flooded.worker.is_running()
    assert watched() == predictions
    for line in flooded.watched.read_bytes().splitlines():
        assert json.loads(line)["type"] == "Prediction"


def test_memory_stays_flat(flooded: Flooded) -> None:
    # Six waves lie between the two, of 3 MB each: what were kept of them would show.
    assert flooded.rss_after - flooded.rss_before < 16 * 1024 * 1024


def test_every_kind_of_letter_is_explained(flooded: Flooded) -> None:
    runner = CliRunner()
    env = dict(flooded.env) | {"COLUMNS": "200"}
    listed = runner.invoke(app, ["dlq", "list", "--json", "--last", "100000"], env=env)
    assert listed.exit_code == 0
    letters = [json.loads(line) for line in listed.stdout.splitlines()]
    refused = [oddity for oddity in flooded.oddities if oddity.reason]
    assert len(letters) == len(refused)
    records = {record.offset: record for record in flooded.stage.records(DEAD_LETTERS)}
    shown: set[bytes | None] = set()
    for offset, record in records.items():
        if record.value in shown:
            continue
        shown.add(record.value)
        reason = next(str(o.reason) for o in refused if (o.value or b"") == (record.value or b""))
        result = runner.invoke(app, ["dlq", "show", f"0:{offset}"], env=env)
        assert result.exit_code == 0, result.output
        assert reason in result.stdout
        assert REASONS[reason] in result.stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", result.stdout)
    assert len(shown) > 75


def test_each_models_loss_on_the_next_good_events_is_that_of_a_run_without_the_flood(
    flooded: Flooded,
) -> None:
    before = len(flooded.good) - AFTER
    first = before + len(flooded.oddities)
    with_flood: dict[tuple[str, str], list[float]] = {}
    for record in flooded.stage.records(OUTCOMES):
        fields: dict[str, Any] = json.loads(record.value or b"")
        if fields["type"] == "Outcome" and fields["offset"] >= first:
            for model, loss in fields["losses"].items():
                with_flood.setdefault((fields["task"], model), []).append(loss)
    # The fold is deterministic: without a broker it gives what it would have given with one.
    fold = LearnerFold(0)
    without: dict[tuple[str, str], list[float]] = {}
    for offset, value in enumerate(flooded.good):
        for output in fold.step(Record("", 0, offset, 0, None, value, ())).outputs:
            if isinstance(output, Outcome) and output.offset >= before:
                for model, loss in output.losses.items():
                    assert loss is not None
                    without.setdefault((output.task, model), []).append(loss)
    assert {name: len(losses) for name, losses in with_flood.items()} == {
        name: len(losses) for name, losses in without.items()
    }
    assert {name: sum(losses) / len(losses) for name, losses in with_flood.items()} == {
        name: pytest.approx(sum(losses) / len(losses), rel=0.01) for name, losses in without.items()
    }


def test_the_biggest_records_are_as_big_as_the_broker_takes(flooded: Flooded) -> None:
    biggest = max((oddity.value for oddity in flooded.oddities if oddity.value), key=len)
    assert batch_bytes(biggest) == MAX_MESSAGE_BYTES
    with pytest.raises(MessageSizeTooLargeError):
        send(flooded.stage, [(b"k", biggest + b" ")])
