"""Visits: who is open, who falls silent first, and how long a settled one is remembered."""

from __future__ import annotations

import pickle

import pytest

from contracts.codec import rfc3339
from contracts.events import (
    CartAdded,
    ClockTicked,
    OrderPlaced,
    OrderReturned,
    Product,
    ProductViewed,
    ReviewPosted,
    Searched,
    UserEvent,
)
from contracts.labels import MEMORY_MS, SILENCE_MS
from models.visits import Visits, visit_of

HEAD = {"id": "u-1", "time": rfc3339(0), "source": "test"}
MUG = Product(product_id="mug", price=1.0)


@pytest.mark.parametrize(
    ("event", "visit"),
    [
        (Searched(**HEAD, user_id="u", session_id="s", query="x"), "s"),
        (ProductViewed(**HEAD, user_id="u", product=MUG), None),
        (CartAdded(**HEAD, user_id="u", session_id="s", cart_id="c", product=MUG, quantity=1), "s"),
        (CartAdded(**HEAD, user_id="u", cart_id="c", product=MUG, quantity=1), "c"),
        (OrderPlaced(**HEAD, user_id="u", cart_id="c", order_id="o", total=1.0, lines=1), "c"),
        (OrderReturned(**HEAD, user_id="u", session_id="s", order_id="o", total=1.0, lines=1), None),
        (ReviewPosted(**HEAD, user_id="u", session_id="s", product_id="mug", text=""), None),
        (ClockTicked(**HEAD), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ClockTicked) else None,
)
def test_the_visit_is_the_session_or_else_the_cart(event: UserEvent, visit: str | None) -> None:
    assert visit_of(event) == visit


def test_visits_fall_silent_in_the_order_of_their_last_arrival() -> None:
    visits: Visits[str] = Visits()
    for at_ms, visit in ((0, "a"), (1, "b"), (2, "c"), (3, "a")):
        assert visits.advance(at_ms) == []
        visits.touch(visit).append(f"{visit}{at_ms}")
    silent = visits.advance(SILENCE_MS + 3)
    assert [(settled.visit, settled.waiting) for settled in silent] == [
        ("b", ["b1"]),
        ("c", ["c2"]),
        ("a", ["a0", "a3"]),
    ]
    assert not visits.is_open("a")
    assert visits.is_settled("a")


def test_silence_begins_when_the_event_arrived_by_the_clock_and_not_by_its_own_time() -> None:
    visits: Visits[str] = Visits()
    visits.advance(1_000)
    visits.advance(0)
    assert visits.clock_ms == 1_000
    visits.touch("a")
    assert visits.advance(SILENCE_MS + 999) == []
    assert len(visits.advance(SILENCE_MS + 1_000)) == 1


def test_a_settled_visit_is_remembered_for_its_time_and_not_longer() -> None:
    visits: Visits[str] = Visits()
    visits.advance(5)
    assert visits.settle("never seen").waiting == []
    visits.advance(5 + MEMORY_MS - 1)
    assert visits.is_settled("never seen")
    visits.advance(5 + MEMORY_MS)
    assert not visits.is_settled("never seen")


def test_visits_go_on_from_a_pickle() -> None:
    visits: Visits[str] = Visits()
    visits.advance(1)
    visits.touch("a").append("waits")
    again: Visits[str] = pickle.loads(pickle.dumps(visits))
    assert again.advance(1 + SILENCE_MS) == visits.advance(1 + SILENCE_MS)
    assert again.is_settled("a")
