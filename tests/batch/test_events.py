"""Transforms on small frames, against plain Python over the same events."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args

import pytest
from pyspark.sql import DataFrame, SparkSession

from contracts.codec import decode_user_event
from contracts.events import CartAdded, CartRemoved, OrderPlaced, OrderReturned, ProductViewed, UserEvent
from contracts.labels import SILENCE_MS
from contracts.topics import USER_EVENTS
from producers.simulator import Scenario, Simulator
from spark_jobs.clean import judge
from spark_jobs.events import interactions, orders, returns, sessions, user_events, users
from tests.batch.frames import records

Decoded = list[tuple[int, Any, int]]


@pytest.fixture(scope="module")
def decoded() -> Decoded:
    simulated = Simulator(Scenario(seed=3, events=1_500, partitions=1))
    values = [e.value for e in simulated if e.topic == USER_EVENTS.name]
    return [(offset, *decode_user_event(value)) for offset, value in enumerate(values)]


@pytest.fixture(scope="module")
def events(spark: SparkSession) -> DataFrame:
    simulated = Simulator(Scenario(seed=3, events=1_500, partitions=1))
    values = [e.value for e in simulated if e.topic == USER_EVENTS.name]
    return user_events(judge(records(spark, values), get_args(UserEvent))).persist()


def ms(value: Any) -> int:
    return int(round(value.timestamp() * 1000))


def of_users(decoded: Decoded) -> list[tuple[int, Any, int]]:
    return [one for one in decoded if hasattr(one[1], "user_id")]


def test_events_are_those_of_users_with_their_fields(events: DataFrame, decoded: Decoded) -> None:
    rows = {row["offset"]: row for row in events.collect()}
    expected = of_users(decoded)
    assert sorted(rows) == [offset for offset, *_ in expected]
    for offset, event, _ in expected:
        row = rows[offset]
        product = getattr(event, "product", None)
        assert (row["event_id"], row["user_id"], row["type"], row["session_id"]) == (
            event.id,
            event.user_id,
            type(event).__name__,
            event.session_id,
        )
        assert row["price"] == (product.price if product else None)
        assert row["discount"] == (product.discount if product else None)
        assert row["total"] == getattr(event, "total", None)
        assert row["quantity"] == getattr(event, "quantity", None)
        assert row["is_returning"] == getattr(event, "is_returning", None)


def plain_sessions(decoded: Decoded) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Independently: by user, by time, a new one after 30 minutes without an event."""
    by_user: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for _, event, time_ms in of_users(decoded):
        if type(event).__name__ not in ("OrderReturned", "ReviewPosted"):
            by_user[event.user_id].append((time_ms, event))
    found = {}
    for user, of_user in by_user.items():
        of_user.sort(key=lambda one: one[0])
        chains: list[list[tuple[int, Any]]] = []
        for one in of_user:
            if not chains or one[0] - chains[-1][-1][0] >= SILENCE_MS:
                chains.append([])
            chains[-1].append(one)
        for chain in chains:
            paid = [Decimal(repr(e.total)) for _, e in chain if isinstance(e, OrderPlaced)]
            money = sum((p.quantize(Decimal("0.000001"), ROUND_HALF_UP) for p in paid), Decimal(0))
            views = sum(isinstance(e, ProductViewed) for _, e in chain)
            found[user, chain[0][0]] = (chain[-1][0], len(chain), views, len(paid), money)
    return found


def test_sessions_are_a_plain_sessionisers(events: DataFrame, decoded: Decoded) -> None:
    found = {
        (r["user_id"], ms(r["started_at"])): (
            ms(r["ended_at"]),
            r["events"],
            r["views"],
            r["orders"],
            r["revenue"],
        )
        for r in sessions(events).collect()
    }
    expected = plain_sessions(decoded)
    assert len(expected) > 100
    assert found == expected


def test_users_orders_and_returns_are_a_plain_counts(events: DataFrame, decoded: Decoded) -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    for _, event, time_ms in of_users(decoded):
        seen[event.user_id].append(time_ms)
    assert {
        r["user_id"]: (ms(r["first_seen_at"]), ms(r["last_seen_at"])) for r in users(events).collect()
    } == {user: (min(times), max(times)) for user, times in seen.items()}
    placed = {e.order_id: (o, e.total, e.lines) for o, e, _ in decoded if isinstance(e, OrderPlaced)}
    assert {r["order_id"]: (r["offset"], r["total"], r["lines"]) for r in orders(events).collect()} == placed
    back = {o: (e.order_id, e.total) for o, e, _ in decoded if isinstance(e, OrderReturned)}
    assert {r["offset"]: (r["order_id"], r["total"]) for r in returns(events).collect()} == back


def test_interactions_are_a_plain_count(events: DataFrame, decoded: Decoded) -> None:
    views: Counter[tuple[str, str]] = Counter()
    added: Counter[tuple[str, str]] = Counter()
    removed: Counter[tuple[str, str]] = Counter()
    pairs = set()
    for _, event, _ in of_users(decoded):
        product = getattr(event, "product_id", None) or getattr(
            getattr(event, "product", None), "product_id", None
        )
        if product is None:
            continue
        pair = (event.user_id, product)
        pairs.add(pair)
        views[pair] += isinstance(event, ProductViewed)
        added[pair] += event.quantity if isinstance(event, CartAdded) else 0
        removed[pair] += event.quantity if isinstance(event, CartRemoved) else 0
    found = {
        (r["user_id"], r["product_id"]): (r["views"], r["added"], r["removed"])
        for r in interactions(events).collect()
    }
    assert found == {pair: (views[pair], added[pair], removed[pair]) for pair in pairs}
