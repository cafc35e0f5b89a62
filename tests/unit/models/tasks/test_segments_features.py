"""What is known of a shopper when a visit has ended."""

from __future__ import annotations

import pickle
from math import log1p
from typing import Any

from contracts.codec import rfc3339
from contracts.events import (
    OrderPlaced,
    Product,
    ProductViewed,
    Searched,
    SessionEnded,
    SessionStarted,
    UserEvent,
)
from models.tasks.segments.features import SegmentFeatures

START_MS = 1_767_600_000_000


def event(
    kind: Any, visit: str = "s1", *, user: str = "ann", category: str = "toys", **fields: Any
) -> UserEvent:
    if kind is ProductViewed:
        fields["product"] = Product(product_id="p", price=20.0, category=category)
    if kind is SessionStarted:
        fields |= {"device": "phone", "country": "DE", "is_returning": False}
    made: UserEvent = kind(
        id="e", time=rfc3339(START_MS), source="test", user_id=user, session_id=visit, **fields
    )
    return made


def after(*events: UserEvent) -> SegmentFeatures:
    features = SegmentFeatures()
    for at, one in enumerate(events):
        features.fold(one, START_MS + 10_000 * at)
    return features


def viewed(*categories: str) -> list[UserEvent]:
    return [event(SessionStarted), *(event(ProductViewed, category=name) for name in categories)]


def test_the_last_event_is_seen_and_asking_changes_nothing() -> None:
    features = after(*viewed("toys", "toys"))
    before = pickle.dumps(features)
    order = event(OrderPlaced, cart_id="s1", order_id="o", total=20.0, lines=1)
    x = features.values(order, START_MS + 30_000)
    assert (x["visit_ordered"], x["visit_views"], x["visits"]) == (1.0, log1p(2), log1p(1))
    assert abs(x["visit_dwell"] - log1p(10.0)) < 1e-9
    assert pickle.dumps(features) == before
    assert list(x) == [feature.name for feature in features.declared]


def test_who_comes_back_to_one_category_is_narrow_and_who_looks_on_in_one_says_nothing_by_that() -> None:
    end = event(SessionEnded)

    def narrow(*categories: str) -> float:
        return after(*viewed(*categories)).values(end, START_MS)["narrow"]

    assert narrow("toys", "games", "toys", "games", "toys") > narrow(
        "toys", "games", "books", "tools", "bags"
    )
    assert narrow("toys", "toys", "toys") == narrow("toys")


def test_a_new_visit_begins_from_nothing_and_habits_stay() -> None:
    features = after(
        *viewed("toys"), event(Searched, query="x"), event(SessionEnded), event(SessionStarted, "s2")
    )
    x = features.values(event(SessionEnded, "s2"), START_MS + 50_000)
    assert (x["visit_views"], x["visit_searches"], x["visits"]) == (0.0, 0.0, log1p(2))
    nobody = features.values(event(SessionEnded, "s3", user="bob"), START_MS)
    assert x["searching"] > nobody["searching"]


def test_state_is_bounded_in_users_and_categories() -> None:
    many = after(*(event(ProductViewed, f"s{n}", user=f"u{n}") for n in range(6_000)))
    assert len(many._known) == 5_000  # noqa: SLF001 - what is kept can't be seen from outside
    one = after(*(event(ProductViewed, category=f"c{n}") for n in range(100)))
    assert len(one._known["ann"][1]) == 32  # noqa: SLF001 - as above
