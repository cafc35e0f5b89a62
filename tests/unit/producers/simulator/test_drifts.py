"""What each drift changes in the shop, and that it is noted, the same again, and nothing before its event."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from statistics import median

import pytest

from contracts.codec import decode, decode_user_event, time_ms
from contracts.drift_words import DRIFTS
from contracts.emission import Emission
from contracts.events import ProductListed, ProductRetired, ProductViewed, SessionStarted
from contracts.records import DriftBegan
from contracts.topics import PRODUCT_EVENTS, TRUTH
from producers.simulator import Scenario, Simulator, parse_drift
from producers.simulator.behaviour import HASTY, USUAL, between
from producers.simulator.chain import solve_chain
from producers.simulator.drifts import BEHAVIOURS, FIRST_REGIME, REGISTRY
from producers.simulator.parameters import PERSONAS
from producers.simulator.population import Population

AT = 4_000
DAY_MS = 24 * 60 * 60 * 1000


def shop(name: str, seed: int = 5, events: int = 8_000, traffic: int = 40) -> Simulator:
    return Simulator(
        Scenario(seed=seed, events=events, traffic=traffic, partitions=2, drift=parse_drift(f"{name}@{AT}"))
    )


@pytest.fixture(scope="module")
def shops() -> dict[str, Simulator]:
    return {name: shop(name) for name in DRIFTS}


@pytest.fixture(scope="module")
def walks(shops) -> dict[str, list[Emission]]:
    return {name: list(simulator) for name, simulator in shops.items()}


@pytest.fixture(scope="module")
def calm() -> list[Emission]:
    return list(Simulator(Scenario(seed=5, events=8_000, traffic=40, partitions=2)))


def user_events(emissions: list[Emission]) -> list:
    return [decode_user_event(e.value)[0] for e in emissions if e.counts]


def notes(emissions: list[Emission], partition: int = 0) -> list[DriftBegan]:
    told = [e for e in emissions if e.event_type == DriftBegan.__name__ and e.partition == partition]
    return [decode(TRUTH, e.value) for e in told]


@pytest.mark.parametrize("name", DRIFTS)
def test_two_walks_give_the_same_and_time_never_goes_back(shops, walks, name: str):
    assert list(shops[name]) == walks[name]
    times = [e.time_ms for e in walks[name]]
    assert times == sorted(times)


@pytest.mark.parametrize("name", DRIFTS)
def test_nothing_is_another_before_its_event_and_much_is_after(calm, walks, name: str):
    said = [
        [
            e.value.replace(f"/drift={parse_drift(f'{name}@{AT}')}".encode(), b"")
            for e in emissions
            if e.counts
        ]
        for emissions in (calm, walks[name])
    ]
    same = [one == other for one, other in zip(*said, strict=True)]
    assert all(same[: AT - 1])
    # A recurring one waits for its day.
    assert not all(same)


@pytest.mark.parametrize("name", DRIFTS)
def test_it_is_noted_in_every_partition_with_its_event(walks, name: str):
    first, *more = notes(walks[name])
    assert (first.event_number, first.event_id) == (AT, f"u-{AT:09d}")
    assert first.drift == str(parse_drift(f"{name}@{AT}"))
    assert notes(walks[name], 1) == [first, *more]
    assert bool(more) == REGISTRY[name].is_noted_again


def test_a_recurring_one_notes_the_first_session_of_each_day_that_is_another(walks):
    starts = {e.id: time_ms(e.time) for e in user_events(walks["recurring"]) if isinstance(e, SessionStarted)}
    for note in notes(walks["recurring"])[1:]:
        at = starts[note.event_id]
        assert max(when for when in starts.values() if when < at) // DAY_MS == at // DAY_MS - 1


def test_gradually_one_behaviour_becomes_the_other():
    drift = parse_drift("gradual@100:1000")
    steps = [drift.way(events, 0) for events in range(0, 1_000, 100)]
    assert steps == list(range(10))
    assert type(drift).behaviours[-1] == between(USUAL, HASTY, 1.0)
    medians = [way.dwell_s[0] for way in type(drift).behaviours]
    assert medians == sorted(medians, reverse=True)


def test_a_price_shock_makes_everything_dearer(walks):
    before: dict[str, list[float]] = defaultdict(list)
    after: dict[str, list[float]] = defaultdict(list)
    for event in user_events(walks["price-shock"]):
        if isinstance(event, ProductViewed) and not event.product.discount:
            seen = before if int(event.id[2:]) <= AT else after
            seen[event.product.product_id].append(event.product.price)
    ratios = [median(after[item]) / median(before[item]) for item in before.keys() & after.keys()]
    assert len(ratios) > 50
    assert median(ratios) == pytest.approx(1.6, rel=1e-3)


def test_new_products_take_the_place_of_three_in_four(walks):
    emissions = walks["new-products"]
    note = next(place for place, e in enumerate(emissions) if e.event_type == DriftBegan.__name__)
    at = emissions[note].time_ms
    told = [decode(PRODUCT_EVENTS, e.value) for e in emissions if e.topic == PRODUCT_EVENTS.name]
    at_once = [event for event in told if time_ms(event.time) == at]
    assert sum(isinstance(event, ProductRetired) for event in at_once) == 180
    assert sum(isinstance(event, ProductListed) for event in at_once) == 180
    retired = {event.product.product_id for event in at_once if isinstance(event, ProductRetired)}
    viewed = [e for e in user_events(emissions[note:]) if isinstance(e, ProductViewed)]
    assert not retired & {e.product.product_id for e in viewed}


def test_bots_come_again_and_again_and_people_go_on(walks):
    before = {event.user_id for event in user_events(walks["bot-traffic"]) if int(event.id[2:]) <= AT}
    sessions: dict[str, int] = defaultdict(int)
    for event in user_events(walks["bot-traffic"]):
        if int(event.id[2:]) > AT:
            sessions[event.user_id] += isinstance(event, SessionStarted)
    again = [user for user in sessions if user not in before and sessions[user] >= 2]
    assert 0.05 < sum(sessions[user] for user in again) / sum(sessions.values()) < 0.3


def test_bots_have_accounts_of_their_own_and_hardly_ever_order():
    population = Population(Random(1), PERSONAS)
    people = {population.comes().user_id for _ in range(2_000)}
    bots = [population.bot().user_id for _ in range(2_000)]
    assert not people & set(bots)
    assert len(set(bots)) == 80
    (scraper,) = REGISTRY["bot-traffic"].behaviours
    orders = [solve_chain(scraper, persona, 0).order[0][z] for persona in PERSONAS for z in range(3)]
    assert 0.0 < min(orders) and max(orders) < 0.03


def test_regimes_number_the_behaviours_of_all_drifts_through():
    for name, drift in REGISTRY.items():
        first = FIRST_REGIME[name] - 1
        assert BEHAVIOURS[first : first + len(drift.behaviours)] == drift.behaviours
