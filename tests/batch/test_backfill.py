"""`freshet backfill` on a real broker, database and Spark: what learners logged, computed again to the last bit."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from kafka.structs import TopicPartition
from msgspec.structs import replace
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from consumers.learner import LearnerFold
from contracts.codec import decode
from contracts.events import UserEvent
from contracts.features import feature_set_id
from contracts.records import Features
from contracts.settings import Settings, environment
from contracts.topics import FEATURES, PREDICTIONS, USER_EVENTS
from freshet.cli.app import app
from infra.kafka import OutgoingRecord, Record, connect_admin
from infra.postgres import migrate
from models.features import Feature
from models.tasks import TASKS
from models.tasks.basket.features import BasketFeatures
from producers.simulator import Scenario, Simulator
from spark_jobs import EtlFailed, EtlRuns
from spark_jobs.backfill import backfill
from spark_jobs.feature_sets import names_of
from tests.backend import Backend
from tests.batch.etl_shop import EtlShop, shop_lines
from tests.corpus import corpus
from tests.integration.conftest import FreshDatabase, new_database
from tests.integration.rehearsal import Rehearsal

PARTITIONS = 2


def values_of(partition: int) -> list[bytes | None]:
    """A shop's partition with reviews, which come late in it, and odd bytes in between."""
    shop = Simulator(Scenario(seed=5, events=900, partitions=PARTITIONS))
    values: list[bytes | None] = [
        one.value for one in shop if (one.topic, one.partition) == (USER_EVENTS.name, partition)
    ]
    for number in range(10):
        before = json.loads(values[20 * number] or b"")
        review = {name: before[name] for name in ("time", "source")} | {"user_id": "user-1"}
        review |= {"type": "ReviewPosted", "id": f"review-{partition}-{number}", "product_id": "p-0001"}
        review |= {"text": f"Not {number} times good, and lovely."} | ({"stars": 5} if number % 3 else {})
        values.insert(20 * number + 1, json.dumps(review).encode())
    for place, odd in enumerate(corpus()[partition::PARTITIONS]):
        values.insert(9 * place, odd.value)
    return values


@dataclass
class History:
    """A shop whose learners have logged in transactions of their own; some of them, and of the shop's, are aborted."""

    shop: Rehearsal
    database: FreshDatabase
    settings: Settings

    def take(self, part: slice, folds: Mapping[int, type[LearnerFold]] = MappingProxyType({})) -> None:
        """Publish a part of the shop's events with an aborted transaction before it, and let learners learn it."""
        for partition in range(PARTITIONS):
            values = values_of(partition)
            self._abort(USER_EVENTS.name, partition, values[7])
            self._abort(FEATURES.name, partition, b"{}")
            self.shop.publish(values[part], partition)
            fold = folds.get(partition, LearnerFold)(partition, namespace=self.shop.namespace)
            self.shop.learn(fold, partition=partition)

    def _abort(self, topic: str, partition: int, value: bytes | None) -> None:
        left, newer = self.shop.transactions(partition + 10), self.shop.transactions(partition + 10)
        left.init()
        left.begin()
        left.send(OutgoingRecord(self.shop.namespace + topic, partition, b"k", value, []))
        left.flush(30)
        newer.init()  # the broker aborts what was open
        newer.close()
        left.close()

    def typed(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["backfill", *arguments], prog_name="freshet", env=environment(self.settings)
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.open() as database, database.transaction() as connection:
            return connection.execute(query).fetchall()

    def logged(self, task: str) -> set[tuple[int, int, int, bytes]]:
        found = ((record.partition, decode(FEATURES, record.value)) for record in self.shop.records(FEATURES))
        return {(p, one.offset, one.feature_set, bits(one.values)) for p, one in found if one.task == task}

    def marts(self) -> list[Any]:
        tables = ("etl_backfill", "fact_backfilled", "dim_feature_set")
        return [sorted(self.rows(f"SELECT t::text, t.xmin::text FROM {table} AS t")) for table in tables]


@pytest.fixture(scope="module")
def past(spark: SparkSession, backend: Backend) -> Iterator[History]:
    del spark
    with new_database(backend) as database:
        shop = Rehearsal(backend.broker.bootstrap, "backfilled.", PARTITIONS)
        settings = Settings(
            bootstrap=backend.broker.bootstrap,
            namespace=shop.namespace,
            partitions=PARTITIONS,
            database_url=database.url,
            database_password_file=database.password_file,
        )
        migrate(database.url, database.password)
        history = History(shop, database, settings)
        history.take(slice(0, 600))
        yield history


def bits(values: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


@pytest.mark.parametrize("task", TASKS)
def test_what_was_logged_is_computed_again_to_the_last_bit(past: History, task: str) -> None:
    result = past.typed(task, "--json")
    assert result.exit_code == 0, result.stderr
    said, logged = json.loads(result.stdout), past.logged(task)
    assert len(logged) > 15
    assert said["counts"] == dict.fromkeys(said["counts"], 0) | {"equal": len(logged)}
    assert (said["compared"], said["rows"], said["changed"]) == (len(logged),) * 3
    records = past.shop.records(USER_EVENTS)
    assert said["records_in"] == len(records) and sum(said["bad"].values()) > 20
    kept = past.rows(
        'SELECT b.partition, b."offset", b.feature_set, b.features, f.names FROM fact_backfilled AS b '
        f"JOIN dim_feature_set AS f USING (feature_set) WHERE f.task = '{task}'"
    )
    assert {(p, o, number, bits(x)) for p, o, number, x, _ in kept} == logged
    assert {number for _, _, number, _, _ in kept} == {feature_set_id(task, names) for *_, names in kept}
    ids = {event_id for (event_id,) in past.rows("SELECT event_id FROM fact_backfilled")}
    assert ids <= {decode(PREDICTIONS, record.value).event_id for record in past.shop.records(PREDICTIONS)}


def test_running_again_changes_nothing_and_a_number_names_a_set(past: History) -> None:
    before = past.marts()
    (number,) = past.rows("SELECT feature_set FROM dim_feature_set WHERE task = 'basket'")[0]
    result = past.typed(str(number))
    assert result.exit_code == 0, result.stderr
    assert "the same" in result.stdout and "bit for bit" in result.stdout
    assert past.marts() == before


class Careless(LearnerFold):
    """Turns the last bit of a feature that it saw first, keeps what it saw second for itself, and makes one up."""

    def outgoing(self, outputs: Sequence[Any], record: Record, now_ms: int) -> Sequence[OutgoingRecord]:
        written: list[Any] = []
        for one in outputs:
            if not isinstance(one, Features) or one.task != "conversion":
                written.append(one)
                continue
            TOUCHED.append(one)
            if len(TOUCHED) == 1:
                values = list(one.values)
                values[PLACE] = turned(values[PLACE])
                written.append(replace(one, values=values))
            elif len(TOUCHED) == 3:
                written += [one, replace(one, offset=0)]
            elif len(TOUCHED) != 2:
                written.append(one)
        return super().outgoing(written, record, now_ms)


FEATURE = "dwell_last"
PLACE = names_of(TASKS["conversion"]).index(FEATURE)
TOUCHED: list[Features] = []


def turned(value: float) -> float:
    (number,) = struct.unpack("<q", struct.pack("<d", value))
    return float(struct.unpack("<d", struct.pack("<q", number ^ 1))[0])


def test_one_bit_a_missing_row_and_one_too_many_are_found_and_named(past: History) -> None:
    past.take(slice(600, None), {1: Careless})
    result = past.typed("conversion", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    first, second, *_ = TOUCHED
    value = first.values[PLACE]
    where = {"partition": 1, "offset": first.offset}
    counts = {"equal": said["rows"] - 2, "different": 1, "not_logged": 1, "not_computed": 1}
    assert said["counts"] == dict.fromkeys(said["counts"], 0) | counts
    assert not said["is_same"]
    nothing = {"feature": None, "computed": None, "logged": None}
    made_up, different, not_logged = said["differences"]
    assert made_up == {"kind": "not_computed", "partition": 1, "offset": 0, "event_id": ""} | nothing
    assert different.pop("event_id")
    assert different == {"kind": "different", **where} | {
        "feature": FEATURE, "computed": value, "logged": turned(value),
    }  # fmt: skip
    assert (not_logged["kind"], not_logged["offset"]) == ("not_logged", second.offset)
    # What this code computes is moved all the same, and that it is not what was logged stands beside it.
    assert past.rows("SELECT sum(different) FROM etl_backfill") == [(1,)]
    told = past.typed("conversion")
    assert told.exit_code == 1
    assert f"{FEATURE} must be {value!r}. Logged was {turned(value)!r}." in told.stdout
    assert "NOT the same" in told.stdout


class Wider:
    """A feature more than is served, as somebody would add it."""

    declared = (*BasketFeatures.declared, Feature("minus_zero", -1.0, 1.0))

    def __init__(self) -> None:
        self._basket = BasketFeatures()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        return self._basket.values(event, time_ms) | {"minus_zero": -0.0}

    def fold(self, event: UserEvent, time_ms: int) -> None:
        self._basket.fold(event, time_ms)


def test_features_that_were_never_served_are_there_for_the_whole_history(
    spark: SparkSession, past: History
) -> None:
    task = dataclasses.replace(TASKS["basket"], features=Wider)
    report = backfill(spark, past.settings, task)
    logged = past.logged("basket")
    assert report.counts["other_features"] == report.rows == len(logged)
    assert report.is_same and not report.compared
    kept = past.rows(
        "SELECT features[array_length(features, 1)]::text, count(*) FROM fact_backfilled "
        f"WHERE feature_set = {report.feature_set} GROUP BY 1"
    )
    assert kept == [("-0", len(logged))]


def test_a_backfill_that_dies_before_the_move_moves_nothing_and_of_two_one_wins(
    spark: SparkSession, past: History
) -> None:
    before = past.marts()
    refused: list[EtlRuns] = []

    def meanwhile(_point: str) -> None:
        with pytest.raises(EtlRuns, match="Another run") as caught:
            backfill(spark, past.settings, TASKS["basket"])
        refused.append(caught.value)
        with past.database.open() as database, database.transaction() as connection:
            connection.execute("TRUNCATE stage_backfilled")

    with pytest.raises(EtlFailed, match="stage_backfilled must hold"):
        backfill(spark, past.settings, TASKS["basket"], fault=meanwhile)
    assert len(refused) == 1 and past.marts() == before


def test_a_log_that_lost_its_beginning_is_an_error_that_names_the_offsets(past: History) -> None:
    topic = past.shop.name(USER_EVENTS)
    admin = connect_admin(past.settings.bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 1): 20})
    finally:
        admin.close()
    before = past.marts()
    result = past.typed("basket")
    assert result.exit_code == 1
    assert f"{topic}/1 must be folded from offset 0 on" in result.stderr
    assert "offsets 0 to 19 are lost" in result.stderr
    assert past.marts() == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("fortune", "must be conversion (64 features) or basket (53 features) or sentiment (1 features)"),
        ("12345", "There is no 12345"),
    ],
)
def test_an_unknown_set_is_told_with_those_that_there_are(past: History, asked: str, said: str) -> None:
    result = past.typed(asked)
    assert result.exit_code == 2
    assert said in result.stderr and "basket" in result.stderr


def test_where_nothing_was_logged_the_rows_are_there_all_the_same(
    spark: SparkSession, bootstrap: str, namespace: str, fresh_database: FreshDatabase
) -> None:
    shop = EtlShop.make(bootstrap, namespace, fresh_database)
    shop.publish(one for one in shop_lines(60, seed=11) if one.topic == USER_EVENTS.name)
    report = backfill(spark, shop.settings, TASKS["conversion"])
    assert report.is_same and not report.compared
    assert report.counts["beyond"] == report.rows == report.changed > 5
