"""What is switched while a shop runs: noted with its event, and walked through again to the last byte."""

from __future__ import annotations

import pytest

from contracts.codec import decode
from contracts.drift_words import read_switch
from contracts.emission import Emission
from contracts.records import DriftBegan
from contracts.topics import PRODUCT_EVENTS, TRUTH
from producers.simulator import Scenario, Simulator, Switch, Switches

SCENARIO = Scenario(seed=5, events=2_400, traffic=40, partitions=2)
PLAN = (
    (300, "abrupt"),
    (600, "off"),
    (900, "price-shock"),
    (1200, "new-products"),
    (1200, "gradual:500"),
    (2000, "off"),
)


class Scripted(Switches):
    """Is asked for each drift of a plan once the shop has come to its event."""

    def __init__(self, plan: tuple[tuple[int, str], ...]) -> None:
        super().__init__()
        self._plan = list(enumerate(plan))
        self.go_live()

    def after(self, events: int) -> Switch | None:
        while self._plan and events >= self._plan[0][1][0]:
            control, (_, drift) = self._plan.pop(0)
            self.ask(Switch(drift, control))
        return super().after(events)


@pytest.fixture(scope="module")
def switched() -> list[Emission]:
    return list(Simulator(SCENARIO, switches=Scripted(PLAN)))


def notes(emissions: list[Emission], partition: int = 0) -> list[DriftBegan]:
    told = [e for e in emissions if e.event_type == DriftBegan.__name__ and e.partition == partition]
    return [decode(TRUTH, e.value) for e in told]


def test_each_is_noted_in_every_partition_with_the_event_and_who_asked(switched):
    told = notes(switched)
    assert [(n.drift.partition("@")[0], n.control) for n in told] == [
        (drift.partition(":")[0], control) for control, (_, drift) in enumerate(PLAN)
    ]
    assert all(0 <= n.event_number - at < 3 for n, (at, _) in zip(told, PLAN, strict=True))
    assert len({n.event_number for n in told}) == len(PLAN), (
        "of two at once the second begins with the next event"
    )
    assert notes(switched, 1) == told


def test_walked_through_again_by_its_notes_it_is_the_same_to_the_last_byte(switched):
    told = [(n.event_number, Switch(PLAN[n.control or 0][1], n.control or 0)) for n in notes(switched)]
    assert list(Simulator(SCENARIO, switches=Switches(told))) == switched


def test_before_the_first_it_is_the_shop_that_nobody_switched_and_nothing_is_without_a_live_word(switched):
    waiting = Switches()
    waiting.ask(Switch("abrupt", 0))
    calm = list(Simulator(SCENARIO, switches=waiting))
    assert calm == list(Simulator(SCENARIO))
    first = next(place for place, e in enumerate(switched) if e.event_type == DriftBegan.__name__)
    assert switched[:first] == calm[:first]
    assert switched != calm


def test_prices_go_back_when_a_price_shock_ends(switched):
    began = {n.drift.partition("@")[0]: n.time for n in notes(switched)}

    def prices(at: str) -> dict[str, float]:
        told = (decode(PRODUCT_EVENTS, e.value) for e in switched if e.topic == PRODUCT_EVENTS.name)
        return {event.product.product_id: event.product.price for event in told if event.time <= at}

    shock, over = began["price-shock"], began["new-products"]
    before = {item: price for item, price in prices("2026-01-05T08:00:00.000Z").items()}
    dearer, after = prices(shock), prices(over)
    same = [item for item in before if abs(after[item] - before[item]) < 0.03]
    assert sum(dearer[item] > 1.3 * before[item] for item in before) > 200
    assert len(same) > 50, "those that were not replaced, but for what a sale took off"


@pytest.mark.parametrize(
    "text", ["", "Off", "abrupt@5", "abrupt:5", "gradual:", "gradual:0", "sudden", "off:5"]
)
def test_what_can_not_be_switched_to_is_refused_with_what_can(text: str):
    with pytest.raises(ValueError, match=r"must be one of abrupt, .* or off\. Got"):
        read_switch(text)
