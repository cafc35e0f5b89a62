"""The recommender: what may stand in a list, what adds up to a score, and that its state is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.bounds import RankedItem
from contracts.events import (
    CartAdded,
    CartRemoved,
    Product,
    ProductListed,
    ProductRetired,
    ProductViewed,
    StockChanged,
    UserEvent,
)
from contracts.records import Outcome, Prediction
from models.portfolio import Portfolio
from models.tasks.taste.blend import Blend
from models.tasks.taste.catalogue import Catalogue
from models.tasks.taste.features import TasteFeatures
from models.tasks.taste.moment import Moment
from models.tasks.taste.neighbours import Neighbours
from models.tasks.taste.ranked import Alone
from models.tasks.taste.shoppers import HISTORY, Shoppers
from models.tasks.taste.task import TASTE
from tests.unit.models.streams import fold, shop

NAMES = [f"p-{n}" for n in range(6)]
HEAD: dict[str, Any] = {"id": "e", "time": "2026-01-05T08:00:00.000Z", "source": "test"}
VISIT = HEAD | {"user_id": "u", "session_id": "s"}


def product(name: str, **more: Any) -> Product:
    return Product(**{"product_id": name, "price": 10.0, "category": "toys", **more})


def lists_after(*events: UserEvent) -> dict[str, set[str]]:
    """What each model lists for one who looks at the first product, after all of six came often."""
    features = TasteFeatures()
    models = {m.name: m.build() for m in TASTE.models}
    for name in NAMES:
        features.fold(ProductListed(product=product(name), **HEAD), 0)
    for name in NAMES * 5:
        x = features.values(ProductViewed(product=product(NAMES[0]), **VISIT | {"session_id": "before"}), 0)
        for model in models.values():
            model.learn_one(x, name)
    for event in events:
        features.fold(event, 0)
    x = features.values(ProductViewed(product=product(NAMES[0]), **VISIT), 0)
    answers = {name: model.predict_one(x) for name, model in models.items() if name != "blend"}
    answers["blend"] = models["blend"].blend(x, answers)  # type: ignore[attr-defined]
    return {name: {one.item for one in answer} for name, answer in answers.items()}


def added(name: str) -> CartAdded:
    return CartAdded(product=product(name), cart_id="c", quantity=1, **VISIT)


def removed(name: str) -> CartRemoved:
    return CartRemoved(product=product(name), cart_id="c", quantity=1, **VISIT)


def seen_by_another(name: str) -> ProductViewed:
    return ProductViewed(product=product(name), **HEAD | {"user_id": "v", "session_id": "t"})


@pytest.mark.parametrize(
    ("events", "gone"),
    [
        ((), set()),
        ((StockChanged(product=product("p-3", stock=0), **HEAD),), {"p-3"}),
        ((ProductRetired(product=product("p-3"), **HEAD),), {"p-3"}),
        ((ProductRetired(product=product("p-3"), **HEAD), added("p-4"), removed("p-4")), {"p-3"}),
        ((ProductRetired(product=product("p-3"), **HEAD), seen_by_another("p-3")), {"p-3"}),
        ((added("p-3"), added("p-4")), {"p-3", "p-4"}),
        (
            (ProductRetired(product=product("p-3"), **HEAD), ProductListed(product=product("p-3"), **HEAD)),
            set(),
        ),
    ],
    ids=[
        "nothing",
        "out of stock",
        "retired",
        "taken out of the cart",
        "retired, in view of another",
        "in the cart",
        "listed again",
    ],
)
def test_no_list_has_what_is_in_view_or_in_the_cart_or_not_to_be_had(
    events: tuple[UserEvent, ...], gone: set[str]
) -> None:
    for name, items in lists_after(*events).items():
        assert items == set(NAMES) - {NAMES[0]} - gone, name


@pytest.fixture(scope="module")
def outputs() -> list[Any]:
    """Of a simulated shop."""
    return fold(Portfolio(0, (TASTE,)), shop(3_000))


def test_what_the_served_list_says_adds_up_to_its_scores_and_the_others_say_nothing(
    outputs: list[Any],
) -> None:
    asked: list[Any] = [one for one in outputs if isinstance(one, Prediction)]
    assert {one.model for one in asked} == {"blend"}
    listed = 0
    for one in asked:
        for name, answer in one.answers.items():
            if name != "blend":
                assert not any(place.because for place in answer)
        for place in one.answers["blend"]:
            listed += 1
            assert place.because and set(place.because) < set(one.answers)
            assert place.score == pytest.approx(sum(place.because.values()), abs=1e-9)
    assert listed > 9 * len(asked) - 500


def test_the_blend_finds_what_comes_far_more_often_than_popularity_does(outputs: list[Any]) -> None:
    settled: list[Any] = [one for one in outputs if isinstance(one, Outcome) and one.label is not None][500:]
    found = {
        name: sum(one.label in {place.item for place in one.answers[name]} for one in settled) / len(settled)
        for name in ("blend", "popularity")
    }
    # 0.31 and 0.04 here; the floor is 1.5 times popularity's.
    assert found["blend"] > 0.2 and found["blend"] > 3.0 * found["popularity"]


def test_products_beyond_the_cap_take_the_place_of_who_was_not_touched_for_longest() -> None:
    catalogue = Catalogue(most=4)
    for name in NAMES[:4]:
        catalogue.put(product(name))
    catalogue.put(product("p-0"))
    catalogue.put(product("p-4"))
    assert catalogue.place("p-1") is None
    assert (catalogue.place("p-0"), catalogue.place("p-4"), catalogue.count) == (0, 1, 4)
    catalogue.retire(product("p-3"))
    catalogue.put(product("p-5"))
    assert catalogue.place("p-3") is None and catalogue.place("p-5") == 3


def test_shoppers_beyond_the_cap_are_forgotten_and_histories_are_short() -> None:
    shoppers = Shoppers(most=2)
    for user in ("a", "b", "a", "c"):
        shoppers.touch(user, "p-0")
    assert shoppers.get("b") is None
    first, last = shoppers.get("a"), shoppers.get("c")
    assert first is not None and last is not None
    assert (first.place, last.place, first.number, last.number) == (0, 1, 0, 2)
    for n in range(3 * HISTORY):
        shoppers.touch("a", f"p-{n}")
    assert len(first.history) == HISTORY and first.history[-1] == f"p-{3 * HISTORY - 1}"


def test_neighbours_of_a_product_are_not_those_of_another_at_its_place() -> None:
    catalogue, model = Catalogue(most=3), Alone(Neighbours())
    for name in NAMES[:3]:
        catalogue.put(product(name))

    def seen(name: str) -> Moment:
        return Moment({}, catalogue, Shoppers(), "u", (), (name,), (name,))

    model.learn_one(seen("p-1"), "p-2")
    assert [one.item for one in model.predict_one(seen("p-1"))] == ["p-2"]
    catalogue.put(product("p-1"))
    catalogue.put(product("p-2"))
    catalogue.put(product("p-9"))  # where p-0 stood
    catalogue.put(product("p-8"))  # where p-1 stood
    model.learn_one(seen("p-9"), "p-2")
    assert model.predict_one(seen("p-8")) == []


def test_a_neighbour_that_is_gone_does_not_speak_for_the_product_at_its_place() -> None:
    catalogue, model = Catalogue(most=2), Alone(Neighbours())
    for name in NAMES[:2]:
        catalogue.put(product(name))
    x = Moment({}, catalogue, Shoppers(), "u", (), ("p-0",), ("p-0",))
    model.learn_one(x, "p-1")
    catalogue.put(product("p-0"))
    catalogue.put(product("p-7"))  # where p-1 stood
    model.learn_one(x, "p-0")
    assert model.predict_one(x) == []


def test_weights_of_the_blend_go_to_who_gave_what_came_a_chance() -> None:
    blend = Blend(["good", "bad"])
    answers = {"good": [RankedItem("x", 0.6), RankedItem("y", 0.1)], "bad": [RankedItem("y", 0.6)]}
    for _ in range(50):
        blend.learn_blend({}, answers, "x")
    assert [one.item for one in blend.blend({}, answers)] == ["x", "y"]
    assert [one.item for one in blend.blend({}, answers | {"good": None})] == ["y"]
