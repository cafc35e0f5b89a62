"""The features of conversion, told by short stories."""

from __future__ import annotations

import pickle
from math import log
from typing import Any

import pytest

from contracts.codec import rfc3339
from contracts.events import (
    CartAdded,
    CartRemoved,
    ClockTicked,
    OfferShown,
    OrderPlaced,
    Product,
    ProductViewed,
    Searched,
    SessionEnded,
    SessionStarted,
    UserEvent,
)
from contracts.labels import SILENCE_MS
from models.tasks.conversion.features import ConversionFeatures

# A Monday at noon, UTC.
NOON_MS = 1_767_614_400_000
MUG = Product(product_id="mug", price=20.0, category="kitchen", brand="Elm")
LAMP = Product(product_id="lamp", price=60.0, category="lighting", brand="Fir", discount=0.1)


class Story:
    """Feeds events from the fewest words; each comes `dwell_s` after the one before."""

    def __init__(self) -> None:
        self.features = ConversionFeatures()
        self.now_ms = NOON_MS
        self.number = 0

    def event(self, kind: type, session: str | None, user: str, **fields: Any) -> UserEvent:
        self.number += 1
        if kind in (CartAdded, CartRemoved):
            fields |= {"quantity": 2, "cart_id": "cart"}
        if kind is OrderPlaced:
            fields |= {"order_id": "o", "cart_id": "cart", "total": 40.0, "lines": 1}
        if kind is not ClockTicked:
            fields |= {"user_id": user, "session_id": session}
        event: UserEvent = kind(id=f"u-{self.number}", time=rfc3339(self.now_ms), source="test", **fields)
        return event

    def tell(
        self, kind: type, *, session: str | None = "s", user: str = "u", dwell_s: float = 18, **fields: Any
    ) -> None:
        self.now_ms += int(dwell_s * 1000)
        self.features.fold(self.event(kind, session, user, **fields), self.now_ms)

    def start(self, session: str = "s", user: str = "u") -> None:
        self.tell(SessionStarted, session=session, user=user, device="phone")

    def ask(
        self,
        kind: type = ProductViewed,
        product: Product = MUG,
        *,
        session: str = "s",
        user: str = "u",
        dwell_s: float = 18,
    ) -> dict[str, float]:
        time_ms = self.now_ms + int(dwell_s * 1000)
        return self.features.values(self.event(kind, session, user, product=product), time_ms)


def test_features_count_what_was_before_and_the_event_itself() -> None:
    story = Story()
    story.start()
    first = story.ask()
    assert (first["first_view"], first["is_view"], first["cart_empty"]) == (1.0, 1.0, 1.0)
    assert first["views"] == pytest.approx(log(2))
    story.tell(ProductViewed, product=MUG)
    story.tell(Searched, query="red mug")
    added = story.ask(CartAdded)
    assert (added["is_view"], added["cart_empty"], added["cart_one"]) == (0.0, 0.0, 1.0)
    assert added["searches"] == pytest.approx(log(2))
    assert added["cart_value"] == pytest.approx(log(41) / 3)


def test_asking_changes_nothing() -> None:
    story = Story()
    story.start()
    story.tell(ProductViewed, product=MUG)
    before = pickle.dumps(story.features)
    story.ask()
    story.ask(CartAdded, LAMP, session="new", user="new")
    assert pickle.dumps(story.features) == before


def test_a_cart_follows_what_goes_in_and_out() -> None:
    story = Story()
    story.start()
    for kind in (CartAdded, CartAdded, CartRemoved):
        story.tell(kind, product=MUG)
    x = story.ask()
    assert (x["cart_one"], x["cart_two"]) == (1.0, 0.0)
    assert x["adds"] == pytest.approx(log(3))
    assert x["removes"] == pytest.approx(log(2))
    story.tell(CartRemoved, product=MUG)
    story.tell(CartRemoved, product=MUG)
    x = story.ask()
    assert (x["cart_empty"], x["cart_value"]) == (1.0, 0.0)


def test_dwell_is_the_time_since_the_last_thing_the_user_did() -> None:
    story = Story()
    story.start()
    story.tell(OfferShown, dwell_s=0, offer="percent-10", propensity=0.5)
    story.tell(ProductViewed, product=MUG, dwell_s=36)
    x = story.ask(dwell_s=9)
    assert x["dwell_last"] == pytest.approx(log(0.5))
    assert x["dwell_sum"] == pytest.approx(0.0)
    assert x["dwell_max"] == pytest.approx(log(2))
    assert (x["offer_percent"], x["offer_shipping"]) == (1.0, 0.0)


def test_the_hour_is_that_of_the_start() -> None:
    story = Story()
    story.start()
    x = story.ask(dwell_s=1500)
    assert x["hour_cos"] == pytest.approx(-1.0, abs=0.01)
    assert (x["weekend"], x["phone"], x["desktop"]) == (0.0, 1.0, 0.0)


def test_an_order_is_remembered_of_user_product_and_category() -> None:
    told, plain = Story(), Story()
    for story in (told, plain):
        story.start()
        story.tell(ProductViewed, product=MUG)
    told.tell(CartAdded, product=MUG)
    told.tell(OrderPlaced)
    plain.tell(SessionEnded)
    for story in (told, plain):
        story.start("later")
    one, other = told.ask(session="later"), plain.ask(session="later")
    for name in (
        "user_order_rate",
        "user_orders",
        "user_add_rate",
        "product_order_rate",
        "product_add_rate",
        "category_order_rate",
        "brand_add_rate",
    ):
        assert one[name] > other[name], name


def test_a_new_user_has_no_past_and_a_known_one_has() -> None:
    story = Story()
    story.start()
    assert story.ask()["user_is_new"] == 1.0
    story.tell(SessionEnded)
    story.now_ms += 10 * 86_400_000
    story.start("later")
    x = story.ask(session="later")
    assert x["user_is_new"] == 0.0
    assert x["user_sessions"] == pytest.approx(log(2))
    assert x["user_days_away"] == pytest.approx(log(10) / 3, abs=0.01)


def test_price_is_seen_against_the_category_and_discount_as_it_is() -> None:
    story = Story()
    story.start()
    story.tell(ProductViewed, product=MUG)
    dear = Product(product_id="pot", price=40.0, category="kitchen")
    assert story.ask(product=dear)["price_in_category"] == pytest.approx(log(2))
    assert story.ask(product=LAMP)["price_in_category"] == 0.0
    assert story.ask(product=LAMP)["discount"] == 0.1


def test_sessions_that_end_or_fall_silent_are_forgotten() -> None:
    story = Story()
    story.start()
    story.tell(SessionEnded)
    story.start("silent")
    story.tell(ProductViewed, session="silent", product=MUG)
    story.now_ms += SILENCE_MS
    story.start("other", user="v")
    # It starts from nothing: the first view again.
    assert story.ask(session="s")["first_view"] == 1.0
    assert story.ask(session="silent")["first_view"] == 1.0


def test_state_is_bounded_whatever_comes() -> None:
    story = Story()
    for n in range(6_000):
        product = Product(product_id=f"p{n}", price=1.0, category=f"c{n}", brand=f"b{n}")
        story.tell(ProductViewed, session=f"s{n}", user=f"u{n}", product=product, dwell_s=0)
    before = len(pickle.dumps(story.features))
    for n in range(6_000, 9_000):
        product = Product(product_id=f"p{n}", price=1.0, category=f"c{n}", brand=f"b{n}")
        story.tell(ProductViewed, session=f"s{n}", user=f"u{n}", product=product, dwell_s=2)
    assert len(pickle.dumps(story.features)) < 1.1 * before


def test_what_nobody_asked_is_refused() -> None:
    story = Story()
    with pytest.raises(TypeError, match="views and cart adds"):
        story.features.values(story.event(Searched, "s", "u", query="x"), NOON_MS)


def test_ticks_and_events_without_a_session_pass() -> None:
    story = Story()
    story.tell(ClockTicked)
    story.tell(ProductViewed, session=None, product=MUG)
    assert story.ask()["product_views"] > 0.0


def test_the_clock_of_a_session_going_back_is_no_negative_dwell() -> None:
    story = Story()
    story.start()
    x = story.ask(dwell_s=-3600)
    assert x["dwell_last"] == pytest.approx(-3.0)
    assert x["minutes"] == 0.0
