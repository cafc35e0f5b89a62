"""A shop's log on a real broker, and what the marts say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from benchmarks.etl.counts import MARTS, expected_of, found_in, lines_in, sessions_in
from consumers.learner import LearnerFold
from contracts.errors import BadRecord
from contracts.settings import Settings
from contracts.topics import (
    FEATURES,
    MODELS,
    OUTCOMES,
    PREDICTIONS,
    PRODUCT_EVENTS,
    USER_EVENTS,
    Topic,
    topic_name,
)
from infra.kafka import Record, connect_producer, ensure_topics, log_range, read_to_end
from infra.postgres import Connection, migrate
from producers.simulator import Scenario, Simulator
from spark_jobs.ledger import READ
from tests.batch.test_clean import DIFFERENT
from tests.corpus import corpus
from tests.integration.conftest import FreshDatabase
from tests.odd_records import strange

_T = TypeVar("_T")
# A field left out that may be null, and names of models: Spark looks at neither.
_SPARK_TAKES: Final = (
    "model: left out",
    "prediction: left out",
    "label: left out",
    "of 200 models",
    "served by a batch model of nobody",
)
_BY_THE_CLOCK: Final = {"appended_at"}


class Line(NamedTuple):
    """One record that is to be published."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None


def shop_lines(events: int, *, partitions: int = 2, seed: int = 5) -> list[Line]:
    """A simulated shop with what learners wrote on it, and odd bytes in between."""
    folds = [LearnerFold(partition) for partition in range(partitions)]
    ends: Counter[int] = Counter()
    lines = []
    odd = [
        one
        for one in corpus()
        if (one.reason is not None or "stray" in one.name) and one.name not in DIFFERENT
    ]

    def take(partition: int, key: bytes, value: bytes | None) -> None:
        lines.append(Line(USER_EVENTS.name, partition, key, value))
        record = Record(USER_EVENTS.name, partition, ends[partition], 0, key, value, ())
        ends[partition] += 1
        try:
            step = folds[partition].step(record)
        except BadRecord:
            return
        for out in folds[partition].outgoing(step.outputs, record, 5):
            lines.append(Line(out.topic, out.partition, out.key or b"", out.value))

    for value in _versions():
        lines.append(Line(PRODUCT_EVENTS.name, 0, b"p-odd", value))
    for value in _ordered("second", "07:30"):
        take(0, b"second", value)
    for number, emission in enumerate(Simulator(Scenario(seed=seed, events=events, partitions=partitions))):
        if emission.topic == USER_EVENTS.name:
            take(emission.partition, emission.key.encode(), emission.value)
            if number % 20 == 7 and odd:
                take(number % partitions, b"odd", odd.pop().value)
            if number % 200 == 9:
                take(number % partitions, b"back", _returned(number))
        elif emission.topic == PRODUCT_EVENTS.name:
            lines.append(Line(emission.topic, emission.partition, emission.key.encode(), emission.value))
    for value in _ordered("first", "07:00"):
        take(0, b"first", value)
    return lines


def strangers() -> list[Line]:
    """What a stranger wrote to the topics that the batch side reads; Spark takes none of it, nor does the codec."""
    # A compacted topic takes no record without a key.
    return [
        Line(topic.name, 0, b"conversion", odd.value)
        for topic in (PRODUCT_EVENTS, PREDICTIONS, FEATURES, OUTCOMES, MODELS)
        for odd in strange(topic)
        if not odd.name.endswith(("a number for a text", *_SPARK_TAKES))
    ]


def _ordered(user: str, at: str) -> list[bytes]:
    """Orders of one id, whoever the user; the earlier one is to count, also where it comes later."""
    said = f'"id":"%s","time":"2026-01-05T{at}:00.000Z","source":"s","user_id":"{user}","cart_id":"of-{user}"'
    add = ',"type":"CartAdded","quantity":2,"product":{"product_id":"p-odd","price":1.5}}'
    order = ',"type":"OrderPlaced","order_id":"o-twice","total":3.0,"lines":1}'
    return [f"{{{said % number}{rest}".encode() for number, rest in (("t1", add), ("t2", order))]


def _versions() -> list[bytes]:
    """States of one product: a change that comes late, two at one time, changes of nothing but the stock."""
    said = (
        '{"type":"%s","id":"x","time":"2026-01-%sT08:00:00.000Z","source":"s",'
        '"product":{"product_id":"p-odd","price":%s,"stock":%d}}'
    )
    states = [
        ("ProductListed", "01", "1.5", 3),
        ("StockChanged", "02", "1.5", 2),
        ("PriceChanged", "09", "2.5", 2),
        ("PriceChanged", "05", "0.5", 2),  # comes late, and is between two versions
        ("PriceChanged", "09", "3.5", 2),  # at the time of another
        ("ProductRetired", "11", "3.5", 0),
        ("StockChanged", "12", "3.5", 1),  # comes back from a cart, and is retired all the same
    ]
    return [(said % one).encode() for one in states]


def _returned(number: int) -> bytes:
    said = (
        '{"type":"OrderReturned","id":"r","time":"2026-01-0%dT08:00:00.000Z","source":"s","user_id":"back-%d",'
        '"order_id":"o-%d","total":%d.25,"lines":1}'
    )
    day = 9 if number % 400 == 9 else 5  # the ninth is too far ahead of the shop's clock
    return (said % (day, number, number, number + 1)).encode()


@dataclass(frozen=True)
class EtlShop:
    """One namespace on the broker, and one database."""

    settings: Settings
    database: FreshDatabase

    @classmethod
    def make(cls, bootstrap: str, namespace: str, database: FreshDatabase, partitions: int = 2) -> EtlShop:
        ensure_topics(bootstrap, partitions, namespace=namespace)
        migrate(database.url, database.password)
        settings = Settings(
            bootstrap=bootstrap,
            database_url=database.url,
            database_password_file=database.password_file,
            namespace=namespace,
            partitions=partitions,
        )
        return cls(settings, database)

    def name(self, topic: Topic) -> str:
        return topic_name(topic, self.settings.namespace)

    def publish(self, lines: Iterable[Line]) -> None:
        with connect_producer(self.settings.bootstrap) as producer:
            sent = [
                producer.send(
                    self.settings.namespace + one.topic, value=one.value, key=one.key, partition=one.partition
                )
                for one in lines
            ]
            producer.flush()
            for future in sent:
                future.get(timeout=30)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.ask(lambda connection: connection.execute(query, values or None).fetchall())

    def ask(self, question: Callable[[Connection], _T]) -> _T:
        with self.database.open() as database, database.transaction() as connection:
            return question(connection)

    def marts(self) -> dict[str, list[str]]:
        """Every row of every mart as text, sorted; without the one column that has the broker's clock in it."""
        found = {}
        for table in MARTS:
            names = self.rows(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
                (table,),
            )
            columns = ", ".join(f'"{name}"' for (name,) in names if name not in _BY_THE_CLOCK)
            found[table] = sorted(text for (text,) in self.rows(f"SELECT ROW({columns})::text FROM {table}"))
        return found

    def ledger(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT * FROM etl_ledger ORDER BY topic, partition")

    def records(self, topic: Topic) -> list[Record]:
        return list(read_to_end(self.settings.bootstrap, self.name(topic)))

    def assert_moved(self) -> None:
        """Every mart is as plain Python says, and the ledger at the ends of the topics."""
        expected = expected_of(self.settings)
        assert self.ask(found_in) == expected.rows
        assert self.ask(sessions_in) == expected.sessions
        assert self.ask(lines_in) == expected.order_lines
        ends = {(name, p): end for name, p, _, end, *_ in self.ledger()}
        for topic in READ:
            for partition, (_, end) in log_range(self.settings.bootstrap, self.name(topic)).items():
                assert ends[self.name(topic), partition] == end
