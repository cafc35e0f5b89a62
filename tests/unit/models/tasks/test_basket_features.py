from __future__ import annotations

import pickle
from math import log, log1p
from typing import Any

import pytest

from contracts.codec import rfc3339
from contracts.events import CartAdded, CartRemoved, OrderPlaced, Product, SessionEnded, UserEvent
from models.tasks.basket.features import AMOUNTS, BasketFeatures

START_MS = 1_767_600_000_000
DAY_MS = 86_400_000


def change(
    price: float,
    quantity: int = 1,
    *,
    user: str = "ann",
    cart: str = "c1",
    kind: Any = CartAdded,
) -> CartAdded | CartRemoved:
    added: CartAdded | CartRemoved = kind(
        id="e",
        time=rfc3339(START_MS),
        source="test",
        user_id=user,
        cart_id=cart,
        product=Product(product_id="p", price=price),
        quantity=quantity,
    )
    return added


def order(total: float, *, user: str = "ann", cart: str = "c1", lines: int = 1) -> OrderPlaced:
    return OrderPlaced(
        id="e",
        time=rfc3339(START_MS),
        source="test",
        user_id=user,
        cart_id=cart,
        order_id=cart,
        total=total,
        lines=lines,
    )


def after(*events: UserEvent, time_ms: int = START_MS) -> BasketFeatures:
    features = BasketFeatures()
    for event in events:
        features.fold(event, time_ms)
    return features


def test_the_cart_is_seen_with_the_change_in_it_and_asking_changes_nothing() -> None:
    features = after(change(10.0, 3), change(5.0))
    before = pickle.dumps(features)
    x = features.values(change(2.0, 2), START_MS)
    assert x["cart_total"] == 39.0
    assert x["cart_log_total"] == pytest.approx(log1p(39.0))
    assert x["cart_log_lines"] == pytest.approx(log(3))
    assert x["cart_line_value"] == pytest.approx(log1p(13.0))
    assert x["cart_dearest_share"] == pytest.approx(log1p(30.0) - log1p(39.0))
    assert pickle.dumps(features) == before
    assert list(x) == [feature.name for feature in features.declared]


def test_what_leaves_the_cart_is_gone_from_it_and_an_empty_one_is_worth_nothing() -> None:
    features = after(change(10.0, 3), change(5.0))
    x = features.values(change(10.0, 3, kind=CartRemoved), START_MS)
    assert (x["cart_total"], x["cart_removal"], x["cart_log_lines"]) == (5.0, 1.0, 0.0)
    features.fold(change(10.0, 3, kind=CartRemoved), START_MS)
    assert features.values(change(4.0, kind=CartRemoved), START_MS)["cart_total"] == 0.0
    assert after().values(change(4.0, kind=CartRemoved), START_MS)["cart_total"] == 0.0


def test_carts_are_told_apart_and_end_with_their_order() -> None:
    features = after(change(10.0), change(7.0, cart="c2"), order(10.0))
    assert features.values(change(1.0), START_MS)["cart_total"] == 1.0
    assert features.values(change(1.0, cart="c2"), START_MS)["cart_total"] == 8.0


def test_a_cart_without_a_change_for_a_day_is_forgotten() -> None:
    features = after(change(10.0))
    features.fold(change(1.0, cart="c2"), START_MS + DAY_MS - 1)
    assert features.values(change(1.0), START_MS)["cart_total"] == 11.0
    features.fold(change(1.0, cart="c2"), START_MS + DAY_MS)
    assert features.values(change(1.0), START_MS)["cart_total"] == 1.0


def test_somebody_new_is_expected_to_order_as_the_shop_does() -> None:
    assert after().values(change(4.0), START_MS)["own_mean_order"] == 0.0
    assert after().values(change(4.0), START_MS)["to_mean"] == 0.0
    features = after(order(20.0, lines=2), order(40.0, user="bob", lines=4))
    x = features.values(change(5.0, user="eve"), START_MS)
    assert (x["own_mean_order"], x["own_last_order"], x["first_order"]) == (30.0, 30.0, 1.0)
    assert x["to_median"] == x["left_to_mean"] == pytest.approx(log1p(30.0) - log1p(5.0))
    assert x["to_lines_last"] == pytest.approx(log(3.0))
    assert x["first_order_log_total"] == x["cart_log_total"]


def test_a_customer_is_held_against_their_own_orders() -> None:
    features = after(*(order(total, lines=lines) for total, lines in ((10.0, 1), (100.0, 4), (40.0, 7))))
    x = features.values(change(20.0), START_MS + 3 * DAY_MS)
    assert (x["own_mean_order"], x["own_last_order"]) == (50.0, 40.0)
    cart = log1p(20.0)
    assert x["to_median"] == pytest.approx(log1p(40.0) - cart)
    assert x["to_largest"] == pytest.approx(log1p(100.0) - cart)
    assert x["to_next"] == pytest.approx(log1p(70.0) - cart)
    assert x["to_smallest"] == pytest.approx(log1p(10.0) - cart)
    assert x["left_to_smallest"] == 0.0
    assert x["orders_smaller"] == pytest.approx(1 / 3)
    assert x["to_lines_most"] == pytest.approx(log(7))
    assert x["orders_shorter"] == 0.0
    assert x["orders"] == pytest.approx(log1p(3))
    assert x["days_since_order"] == pytest.approx(log1p(3.0))
    assert (x["first_order"], x["first_order_log_total"]) == (0.0, 0.0)
    same = features.values(change(40.0), START_MS)
    assert same["orders_smaller"] == pytest.approx(1 / 3)
    assert same["to_next"] == pytest.approx(log1p(100.0) - log1p(40.0))


def test_what_is_left_to_usual_orders_counts_by_the_lines_so_far_and_by_how_much_orders_differ() -> None:
    features = after(
        change(5.0), change(6.0), *(order(total, cart="c2") for total in (10.0, 20.0, 40.0, 80.0))
    )
    x = features.values(change(7.0), START_MS + 3_600_000)
    cart = log1p(18.0)
    assert x["to_lower"] == pytest.approx(log1p(17.5) - cart)
    assert x["to_upper"] == pytest.approx(log1p(50.0) - cart)
    logs = [log1p(total) for total in (10.0, 20.0, 40.0, 80.0)]
    variance = (sum((one - sum(logs) / 4) ** 2 for one in logs) + 0.5) / 5
    assert x["orders_spread"] == pytest.approx(variance**0.5)
    assert x["just_ordered"] == pytest.approx(0.5)
    left = log1p(37.5) - cart
    assert x["cart_log_lines_x_left_to_mean"] == pytest.approx(log(3) * left)
    assert x["orders_spread_x_left_to_mean"] == pytest.approx(variance**0.5 * left)
    assert x["just_ordered_x_cart_log_total"] == pytest.approx(0.5 * cart)
    new = features.values(change(7.0, user="eve", cart="c3"), START_MS)
    assert (new["orders_spread"], new["just_ordered"]) == (0.0, 0.0)


def test_lines_of_an_order_are_those_that_were_seen_in_its_cart() -> None:
    features = after(change(5.0), change(5.0), order(10.0, lines=1))
    assert features.values(change(5.0), START_MS)["to_lines_last"] == pytest.approx(log(2))


def test_an_absurd_order_is_nobodys_past() -> None:
    usual = [order(50.0, user=f"u{n}") for n in range(40)]
    features = after(*usual, order(60.0), order(1e9), order(1e9, user="bob"))
    assert features.values(change(5.0), START_MS)["own_mean_order"] == 60.0
    assert features.values(change(5.0, user="bob"), START_MS)["own_mean_order"] == pytest.approx(
        50.0, rel=0.01
    )


def test_the_future_of_a_cart_is_not_among_its_features() -> None:
    known = after(order(30.0))
    x = known.values(change(5.0), START_MS)
    known.fold(change(500.0, cart="c9"), START_MS)
    assert known.values(change(5.0), START_MS) == x


def test_what_is_no_change_of_a_cart_is_not_asked_and_harmless() -> None:
    ended = SessionEnded(id="e", time=rfc3339(START_MS), source="test", user_id="ann", session_id="s")
    features = after(change(5.0), ended)
    assert features.values(change(5.0), START_MS)["cart_total"] == 10.0
    with pytest.raises(TypeError, match="Got SessionEnded"):
        features.values(ended, START_MS)


def test_amounts_are_the_features_in_currency() -> None:
    names = [feature.name for feature in BasketFeatures.declared]
    assert set(AMOUNTS) == {feature.name for feature in BasketFeatures.declared if feature.high == 1e9}
    assert len(names) == len(set(names))


def test_state_is_bounded_whoever_comes() -> None:
    features = BasketFeatures()
    sizes = []
    for n in range(12_000):
        features.fold(change(5.0, user=f"user-{n}", cart=f"cart-{n}"), START_MS)
        features.fold(order(5.0 + n % 50, user=f"user-{n}", cart=f"other-{n}"), START_MS)
        if n in (10_999, 11_999):
            sizes.append(len(pickle.dumps(features)))
    assert sizes[1] < 1.02 * sizes[0] < 2_000_000
