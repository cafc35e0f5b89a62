"""A shop's log on a real broker, what the marts must say of it by plain Python, and what they do say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

from consumers.learner import LearnerFold
from contracts.clock import TickClock
from contracts.codec import (
    decode_outcome,
    decode_prediction,
    decode_product_event,
    decode_user_event,
)
from contracts.errors import BadRecord
from contracts.events import (
    CartAdded,
    CartRemoved,
    OrderPlaced,
    OrderReturned,
    ProductRetired,
)
from contracts.labels import SILENCE_MS
from contracts.records import LateLabel, Outcome, Prediction
from contracts.settings import Settings
from contracts.topics import OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, USER_EVENTS, Topic, topic_name
from infra.kafka import Record, connect_producer, ensure_topics, read_to_end
from infra.postgres import migrate
from producers.simulator import Scenario, Simulator
from tests.corpus import corpus
from tests.integration.conftest import FreshDatabase
from tests.unit.spark_jobs.test_clean import DIFFERENT

MARTS: Final = (
    "dim_user",
    "product",
    "product_state",
    "dim_product",
    "dim_feature_set",
    "fact_event",
    "fact_session",
    "fact_order",
    "fact_order_line",
    "fact_return",
    "interaction",
    "fact_prediction",
    "fact_outcome",
    "fact_late_label",
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
    odd = [one for one in corpus() if one.reason is not None and one.name not in DIFFERENT]

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
        with self.database.open() as database, database.transaction() as connection:
            return connection.execute(query, values or None).fetchall()

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


@dataclass
class Expected:
    """What the topics say, counted by plain Python."""

    rows: dict[str, int]
    bad: Counter[str]
    sessions: dict[tuple[str, int], tuple[Any, ...]]
    order_lines: dict[tuple[str, str], tuple[int, float]]
    predictions: list[Prediction]
    outcomes: list[Outcome]


def expected_of(shop: EtlShop) -> Expected:
    """Read the topics with kafka-python, decode with the codec, and count."""
    bad: Counter[str] = Counter()
    events: list[tuple[int, int, Any, int]] = []
    clocks: dict[int, TickClock] = defaultdict(TickClock)
    for record in shop.records(USER_EVENTS):
        try:
            event, ms = decode_user_event(record.value)
            clocks[record.partition].admit(event, ms)
        except BadRecord as error:
            bad[error.reason] += 1
            continue
        if hasattr(event, "user_id"):
            events.append((record.partition, record.offset, event, ms))
    states = [(r.offset, *decode_product_event(r.value)) for r in shop.records(PRODUCT_EVENTS)]
    predictions = [decode_prediction(r.value) for r in shop.records(PREDICTIONS)]
    settled = [decode_outcome(r.value) for r in shop.records(OUTCOMES)]
    lines = order_lines_of(events)
    named = {_product_of(event) for _, _, event, _ in events} | {s.product.product_id for _, s, _ in states}
    rows = {
        "dim_user": len({event.user_id for _, _, event, _ in events}),
        "product": len(named - {None}),
        "product_state": len(states),
        "dim_product": versions_of(states),
        "dim_feature_set": len({(p.task, tuple(p.features)) for p in predictions}),
        "fact_event": len(events),
        "fact_session": 0,
        "fact_order": len({e.order_id for _, _, e, _ in events if isinstance(e, OrderPlaced)}),
        "fact_order_line": len(lines),
        "fact_return": sum(isinstance(e, OrderReturned) for _, _, e, _ in events),
        "interaction": len({(e.user_id, _product_of(e)) for _, _, e, _ in events if _product_of(e)}),
        "fact_prediction": len(predictions),
        "fact_outcome": sum(isinstance(one, Outcome) for one in settled),
        "fact_late_label": sum(isinstance(one, LateLabel) for one in settled),
    }
    sessions = sessions_of(events)
    rows["fact_session"] = len(sessions)
    outcomes = [one for one in settled if isinstance(one, Outcome)]
    return Expected(rows, bad, sessions, lines, predictions, outcomes)


def _product_of(event: Any) -> str | None:
    return getattr(event, "product_id", None) or getattr(getattr(event, "product", None), "product_id", None)


def sessions_of(events: Iterable[tuple[int, int, Any, int]]) -> dict[tuple[str, int], tuple[Any, ...]]:
    by_user: dict[str, list[tuple[int, int, int, Any]]] = defaultdict(list)
    for partition, offset, event, ms in events:
        if type(event).__name__ not in ("OrderReturned", "ReviewPosted"):
            by_user[event.user_id].append((ms, partition, offset, event))
    found = {}
    for user, of_user in by_user.items():
        begun_ms, last_ms, count, paid = 0, -SILENCE_MS, 0, Decimal(0)
        for ms, _, _, event in sorted(of_user, key=lambda one: one[:3]):
            if ms - last_ms >= SILENCE_MS:
                begun_ms, count, paid = ms, 0, Decimal(0)
            count += 1
            if isinstance(event, OrderPlaced):
                paid += Decimal(repr(event.total)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            last_ms = ms
            found[user, begun_ms] = (last_ms, count, paid)
    return found


def order_lines_of(events: Iterable[tuple[int, int, Any, int]]) -> dict[tuple[str, str], tuple[int, float]]:
    carts: dict[tuple[int, str], dict[str, tuple[int, float]]] = defaultdict(dict)
    orders: dict[str, tuple[tuple[int, int, int], dict[str, tuple[int, float]]]] = {}
    for partition, offset, event, ms in sorted(events, key=lambda one: one[:2]):
        if isinstance(event, CartAdded | CartRemoved):
            sign = 1 if isinstance(event, CartAdded) else -1
            cart = carts[partition, event.cart_id]
            before, _ = cart.get(event.product.product_id, (0, 0.0))
            cart[event.product.product_id] = (before + sign * event.quantity, event.product.price)
        elif isinstance(event, OrderPlaced):
            order = ((ms, partition, offset), dict(carts[partition, event.cart_id]))
            orders[event.order_id] = min(orders.get(event.order_id, order), order, key=lambda one: one[0])
    return {
        (order_id, product): (quantity, price)
        for order_id, (_, lines) in orders.items()
        for product, (quantity, price) in lines.items()
        if quantity > 0
    }


def versions_of(states: Iterable[tuple[int, Any, int]]) -> int:
    """How many versions: the last state of each moment, where it differs from the one before but in its stock."""
    at: dict[tuple[str, int], Any] = {}
    for offset, event, ms in sorted(states, key=lambda one: one[0]):
        at[event.product.product_id, ms] = event
        del offset
    last: dict[str, Any] = {}
    count = 0
    for (product, _), event in sorted(at.items(), key=lambda one: one[0]):
        p = event.product
        said = (event.name, p.category, p.brand, p.price, p.discount, isinstance(event, ProductRetired))
        count += last.get(product) != said
        last[product] = said
    return count


def ms_of(moment: Any) -> int:
    return int(round(moment.timestamp() * 1000))
