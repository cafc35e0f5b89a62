"""The marts held to the topics: every table counted by plain Python, with the codec and without Spark.

After ``freshet demo --keep`` and ``freshet etl``, ``python -m benchmarks.etl.counts --data-dir DIR`` prints each
table's rows and what the topics say, holds sessions and lines of orders to plain Python ones and the versions of
products to each other, and fails where anything differs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

from contracts.clock import TickClock
from contracts.codec import decode, decode_user_event, time_ms
from contracts.errors import BadRecord
from contracts.events import (
    CartAdded,
    CartRemoved,
    OrderPlaced,
    OrderReturned,
    ProductListed,
    ProductRetired,
)
from contracts.labels import SILENCE_MS
from contracts.records import Features, LateLabel, Outcome
from contracts.settings import Settings, load
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, USER_EVENTS, Topic, topic_name
from infra.kafka import Record, ShopLog, read_to_end
from infra.postgres import Connection, Database, read_password
from models.belief import OF_ANY_TIME, believed
from models.tasks import TASKS

__all__ = ["MARTS", "Expected", "check", "expected_of", "found_in", "gaps_in", "lines_in", "sessions_in"]

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
    "fact_features",
    "fact_outcome",
    "fact_late_label",
)


@dataclass
class Expected:
    """What the topics say, counted by plain Python."""

    rows: dict[str, int]
    bad: dict[str, Counter[str]]
    sessions: dict[tuple[str, int], tuple[Any, ...]]
    order_lines: dict[tuple[str, str], tuple[int, float]]
    features: dict[tuple[str, int, int], Features]
    outcomes: list[Outcome]


def expected_of(settings: Settings) -> Expected:
    """Read the topics with kafka-python, decode with the codec, and count."""

    def records(topic: Topic) -> Iterable[Record]:
        return read_to_end(settings.bootstrap, topic_name(topic, settings.namespace))

    bad: dict[str, Counter[str]] = defaultdict(Counter)
    events: list[tuple[int, int, Any, int]] = []
    clocks: dict[int, TickClock] = defaultdict(TickClock)
    for record in records(USER_EVENTS):
        try:
            event, ms = decode_user_event(record.value)
            clocks[record.partition].admit(event, ms)
        except BadRecord as error:
            bad[USER_EVENTS.name][error.reason] += 1
            continue
        if hasattr(event, "user_id"):
            events.append((record.partition, record.offset, event, ms))

    main = topic_name(USER_EVENTS, settings.namespace)
    known = replace(OF_ANY_TIME, log=ShopLog(settings.bootstrap, main))

    def taken(topic: Topic) -> Iterator[tuple[Record, Any]]:
        """Each record and what can be believed of it."""
        for record in records(topic):
            try:
                one = believed(decode(topic, record.value), record.partition, known)
            except BadRecord as error:
                bad[topic.name][error.reason] += 1
                continue
            if one is None:
                bad[topic.name]["foreign"] += 1
            else:
                yield record, one

    states = [(record.offset, event, time_ms(event.time)) for record, event in taken(PRODUCT_EVENTS)]
    predictions = sum(1 for _ in taken(PREDICTIONS))
    features = {(one.task, record.partition, one.offset): one for record, one in taken(FEATURES)}
    settled = [one for _, one in taken(OUTCOMES)]
    lines = _order_lines_of(events)
    named = {_product_of(event) for _, _, event, _ in events} | {s.product.product_id for _, s, _ in states}
    rows = {
        "dim_user": len({event.user_id for _, _, event, _ in events}),
        "product": len(named - {None}),
        "product_state": len(states),
        "dim_product": _versions_of(states),
        "dim_feature_set": len(TASKS),
        "fact_event": len(events),
        "fact_session": 0,
        "fact_order": len({e.order_id for _, _, e, _ in events if isinstance(e, OrderPlaced)}),
        "fact_order_line": len(lines),
        "fact_return": sum(isinstance(e, OrderReturned) for _, _, e, _ in events),
        "interaction": len({(e.user_id, _product_of(e)) for _, _, e, _ in events if _product_of(e)}),
        "fact_prediction": predictions,
        "fact_features": len(features),
        "fact_outcome": sum(isinstance(one, Outcome) for one in settled),
        "fact_late_label": sum(isinstance(one, LateLabel) for one in settled),
    }
    sessions = _sessions_of(events)
    rows["fact_session"] = len(sessions)
    outcomes = [one for one in settled if isinstance(one, Outcome)]
    return Expected(rows, bad, sessions, lines, features, outcomes)


def _product_of(event: Any) -> str | None:
    return getattr(event, "product_id", None) or getattr(getattr(event, "product", None), "product_id", None)


def _sessions_of(events: Iterable[tuple[int, int, Any, int]]) -> dict[tuple[str, int], tuple[Any, ...]]:
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


def _order_lines_of(events: Iterable[tuple[int, int, Any, int]]) -> dict[tuple[str, str], tuple[int, float]]:
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


def _versions_of(states: Iterable[tuple[int, Any, int]]) -> int:
    """How many versions: the last state of each moment, where it differs from the one before but in its stock."""
    at: dict[tuple[str, int], tuple[Any, bool]] = {}
    is_retired: dict[str, bool] = {}
    for _, event, ms in sorted(states, key=lambda one: (one[2], one[0])):
        product = event.product.product_id
        if isinstance(event, ProductListed | ProductRetired):
            is_retired[product] = isinstance(event, ProductRetired)
        at[product, ms] = (event, is_retired.get(product, False))
    last: dict[str, Any] = {}
    count = 0
    for (product, _), (event, retired) in sorted(at.items(), key=lambda one: one[0]):
        p = event.product
        said = (event.name, p.category, p.brand, p.price, p.discount, retired)
        count += last.get(product) != said
        last[product] = said
    return count


def found_in(connection: Connection) -> dict[str, int]:
    """How many rows each mart has."""
    return {table: rows_of(connection, f"SELECT count(*) FROM {table}")[0][0] for table in MARTS}  # noqa: S608


def sessions_in(connection: Connection) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Sessions of the mart, as `Expected` has them."""
    query = "SELECT user_id, started_at, ended_at, events, revenue FROM fact_session"
    return {
        (user, _ms_of(started)): (_ms_of(ended), events, revenue)
        for user, started, ended, events, revenue in rows_of(connection, query)
    }


def lines_in(connection: Connection) -> dict[tuple[str, str], tuple[int, float]]:
    """Lines of orders of the mart, as `Expected` has them."""
    query = "SELECT order_id, product_id, quantity, price FROM fact_order_line"
    return {
        (order, product): (quantity, price) for order, product, quantity, price in rows_of(connection, query)
    }


def gaps_in(connection: Connection) -> list[str]:
    """Products one of whose versions does not end where the next begins, or that have several current ones."""
    query = (
        "SELECT product_id FROM (SELECT product_id, is_current, upper(valid) AS until, "
        "lead(valid_from) OVER (PARTITION BY product_id ORDER BY valid_from) AS next FROM dim_product) AS v "
        "GROUP BY 1 HAVING bool_or(until IS DISTINCT FROM next) OR count(*) FILTER (WHERE is_current) > 1"
    )
    return [product for (product,) in rows_of(connection, query)]


def rows_of(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """All that a query finds."""
    return connection.execute(query).fetchall()


def _ms_of(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def check(settings: Settings) -> bool:
    """Print how marts and topics compare, and tell whether they agree in everything."""
    expected = expected_of(settings)
    with (
        Database(settings.database_url, read_password(settings.database_password_file)) as database,
        database.transaction() as connection,
    ):
        found = found_in(connection)
        bad = dict(rows_of(connection, "SELECT reason, sum(records)::bigint FROM etl_bad GROUP BY 1"))
        holds = {
            "sessions, each with its end, events and revenue": sessions_in(connection) == expected.sessions,
            "lines of orders, each with quantity and price": lines_in(connection) == expected.order_lines,
            "bad records by reason": bad == sum(expected.bad.values(), Counter()),
            "versions of products without gap or overlap": not gaps_in(connection),
        }
    for table in MARTS:
        print(f"{table:18} {found[table]:10,} rows, {expected.rows[table]:10,} by plain Python")
    for what, is_so in holds.items():
        print(f"{what}: {'yes' if is_so else 'NO'}")
    return found == expected.rows and all(holds.values())


def main() -> None:
    """Hold a running instance's marts to its topics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    sys.exit(not check(load({"data_dir": parser.parse_args().data_dir})))


if __name__ == "__main__":
    main()
