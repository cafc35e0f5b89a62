"""The same scenario gives the same bytes, whatever else differs, and what happens in the shop makes sense."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.codec import decode, decode_user_event, time_ms
from contracts.emission import Emission
from contracts.events import (
    CartAdded,
    CartRemoved,
    ClockTicked,
    OfferShown,
    OfferTaken,
    OrderPlaced,
    ProductRetired,
    ProductViewed,
    ReviewPosted,
    SessionEnded,
    SessionStarted,
)
from contracts.labels import SILENCE_MS
from contracts.partitioner import partition_of
from contracts.records import DriftBegan, Truth
from contracts.topics import PRODUCT_EVENTS, TRUTH, USER_EVENTS
from producers.simulator import START, Abrupt, Scenario, Simulator

ROOT = Path(__file__).resolve().parents[4]
SCENARIO = Scenario(seed=21, events=12_000, partitions=3, drift=Abrupt(7_000))
DIGEST = """
import hashlib
from producers.simulator import Abrupt, Scenario, Simulator
shop = Simulator(Scenario(seed=21, events=3_000, partitions=3, drift=Abrupt(2_000)))
print(hashlib.sha256(b"".join(repr(tuple(e)).encode() for e in shop)).hexdigest())
"""


@pytest.fixture(scope="module")
def emissions() -> list[Emission]:
    return list(Simulator(SCENARIO))


@pytest.fixture(scope="module")
def user_events(emissions) -> list:
    return [decode_user_event(e.value)[0] for e in emissions if e.counts]


def test_two_walks_give_the_same(emissions):
    shop = Simulator(SCENARIO)
    assert list(shop) == emissions
    assert list(shop) == emissions, "a second walk of the same simulator starts over"


def test_the_hash_seed_changes_nothing():
    def digest(seed: str) -> str:
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-c", DIGEST], env=env, check=True, capture_output=True, text=True
        ).stdout

    assert digest("1") == digest("2")


@pytest.mark.parametrize("other", [{"seed": 22}, {"traffic": 300}, {"drift": Abrupt(6_000)}])
def test_another_scenario_gives_another_shop(emissions, other):
    mine = [e.value for e in emissions]
    assert [e.value for e in Simulator(replace(SCENARIO, **other))] != mine


def test_partitions_decide_where_records_go_and_nothing_else(emissions):
    one = list(Simulator(replace(SCENARIO, partitions=1)))
    assert {e.partition for e in one} == {0}

    def said(those: list[Emission]) -> list[tuple[str, bytes]]:
        # What goes to every partition stands there once for each.
        return [(e.topic, e.value) for e in those if e.partition == 0 or e.event_id.startswith("u-")]

    assert said(emissions) == said(one)


def test_a_shorter_shop_is_the_beginning_of_a_longer_one_but_for_its_name(emissions):
    shorter = [e for e in Simulator(replace(SCENARIO, events=5_000)) if e.counts]
    longer = [e for e in emissions if e.counts][:5_000]
    name = f"events={SCENARIO.events}".encode()
    assert [e.value for e in shorter] == [e.value.replace(name, b"events=5000") for e in longer]


def test_it_closes_at_the_very_event_and_numbers_them_through(emissions):
    numbers = [e.event_id for e in emissions if e.counts]
    assert numbers == [f"u-{n:09d}" for n in range(1, 12_001)]


def test_ids_are_unique_within_a_partition_of_a_topic(emissions):
    seen = [(e.topic, e.partition, e.event_id) for e in emissions]
    assert len(set(seen)) == len(seen)


def test_every_record_can_be_read_and_says_what_its_emission_says(emissions):
    for e in emissions:
        if e.topic == TRUTH.name:
            truth = decode(TRUTH, e.value)
            assert time_ms(truth.time) == e.time_ms
            assert type(truth).__name__ == e.event_type
        else:
            event = decode(PRODUCT_EVENTS if e.topic == PRODUCT_EVENTS.name else USER_EVENTS, e.value)
            assert (event.id, type(event).__name__, time_ms(event.time), event.source) == (
                e.event_id,
                e.event_type,
                e.time_ms,
                e.source,
            )
        assert e.source == SCENARIO.source


def test_time_never_goes_back(emissions):
    times = [e.time_ms for e in emissions]
    assert times == sorted(times)
    assert times[0] == time_ms(START)


def test_users_stay_in_their_partition_and_their_truth_with_them(emissions):
    pending: dict[int, str] = {}
    for e in emissions:
        if e.event_id.startswith("u-"):
            assert e.partition == partition_of(e.key, SCENARIO.partitions)
        if e.event_type in ("ProductViewed", "CartAdded"):
            assert e.partition not in pending
            pending[e.partition] = e.event_id
        elif e.event_type == "Truth":
            assert pending.pop(e.partition) == e.event_id
    assert not pending, "each decision point has its truth"


def test_ticks_stand_at_fixed_times_in_every_partition_until_all_is_settled(emissions):
    ticks: dict[int, list[int]] = defaultdict(list)
    for e in emissions:
        if e.event_type == ClockTicked.__name__:
            ticks[e.partition].append(e.time_ms)
    assert len(ticks) == SCENARIO.partitions
    last = max(e.time_ms for e in emissions if e.counts)
    for times in ticks.values():
        assert times == list(range(time_ms(START), times[-1] + 1, 60_000))
        assert times[-1] >= last + SILENCE_MS
    assert emissions[-1].event_type == ClockTicked.__name__


def test_what_happens_to_products_is_told_to_every_partition_in_one_order(emissions):
    own = [e.value for e in emissions if e.topic == PRODUCT_EVENTS.name]
    assert len(own) > 240
    for partition in range(SCENARIO.partitions):
        copies = [
            e.value
            for e in emissions
            if e.topic == USER_EVENTS.name and e.partition == partition and e.event_id.startswith("p-")
        ]
        assert copies == own


def test_a_drift_is_noted_in_every_partition_and_changes_nothing_before(emissions):
    notes = [decode(TRUTH, e.value) for e in emissions if e.event_type == DriftBegan.__name__]
    assert (
        notes
        == [DriftBegan(drift="abrupt@7000", event_number=7_000, event_id="u-000007000", time=notes[0].time)]
        * SCENARIO.partitions
    )
    calm = [e.value for e in Simulator(replace(SCENARIO, drift=None)) if e.event_id.startswith("u-")]
    drifted = [e.value.replace(b"/drift=abrupt@7000", b"") for e in emissions if e.event_id.startswith("u-")]
    same = next(n for n, (one, other) in enumerate(zip(calm, drifted, strict=False)) if one != other)
    assert decode_any(calm[same]) >= 7_000


def decode_any(value: bytes) -> int:
    return int(value.split(b'"u-')[1][:9])


def test_a_session_begins_once_and_nothing_of_it_comes_after_its_end(user_events):
    begun: set[str | None] = set()
    ended: set[str | None] = set()
    last: dict[str | None, int] = {}
    for event in user_events:
        session = event.session_id
        if session is None:
            continue
        assert session not in ended
        assert (session in begun) != isinstance(event, SessionStarted)
        begun.add(session)
        if isinstance(event, OrderPlaced | SessionEnded):
            ended.add(session)
        at = time_ms(event.time)
        assert at - last.get(session, at) < SILENCE_MS / 2
        last[session] = at
    silent = len(begun - ended) / len(begun)
    assert 0.1 < silent < 0.25, "some leave without a word: silence has to settle their labels"


def test_a_user_has_one_session_at_a_time(user_events):
    # The blind oracle carries what it believes of a user's persona from one session to the next.
    sessions: dict[str, list[str]] = defaultdict(list)
    for event in user_events:
        if event.session_id is not None and event.session_id not in sessions[event.user_id][-1:]:
            assert event.session_id not in sessions[event.user_id]
            sessions[event.user_id].append(event.session_id)
    assert max(map(len, sessions.values())) > 5


def test_an_order_is_worth_its_cart_at_the_prices_when_added(user_events):
    carts: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    orders = 0
    for event in user_events:
        if isinstance(event, CartAdded | CartRemoved):
            assert event.cart_id == event.session_id
            line = (event.product.product_id, event.product.price, event.quantity)
            if isinstance(event, CartAdded):
                carts[event.cart_id].append(line)
            else:
                carts[event.cart_id].remove(line)
        elif isinstance(event, OrderPlaced):
            orders += 1
            cart = carts[event.cart_id]
            assert event.total == pytest.approx(sum(price * many for _, price, many in cart), abs=0.005)
            assert event.lines == len({product_id for product_id, _, _ in cart})
    assert orders > 100


def test_an_offer_is_shown_before_the_first_decision_point_and_taken_only_if_shown(user_events):
    decided: set[str | None] = set()
    shown: dict[str | None, str] = {}
    for event in user_events:
        if isinstance(event, ProductViewed | CartAdded):
            decided.add(event.session_id)
        elif isinstance(event, OfferShown):
            assert event.session_id not in decided
            assert event.propensity == {"none": 0.5}.get(event.offer, 0.25)
            shown[event.session_id] = event.offer
        elif isinstance(event, OfferTaken):
            assert event.offer == shown[event.session_id] != "none"
    assert set(shown.values()) == {"none", "percent-10", "free-shipping"}


def test_a_product_that_was_retired_is_never_viewed_again(emissions):
    retired: set[str] = set()
    for e in emissions:
        if e.partition == 0 and e.event_type in ("ProductRetired", "ProductViewed"):
            event, _ = decode_user_event(e.value)
            assert isinstance(event, ProductRetired | ProductViewed)
            if isinstance(event, ProductRetired):
                retired.add(event.product.product_id)
            else:
                assert event.product.product_id not in retired
    assert retired


def test_users_come_back_and_say_so(user_events):
    seen: set[str] = set()
    for event in user_events:
        if isinstance(event, SessionStarted):
            assert event.is_returning or event.user_id not in seen
            seen.add(event.user_id)
    assert len(seen) < 0.5 * sum(isinstance(event, SessionStarted) for event in user_events)


def test_one_review_in_ten_has_stars():
    shop = Simulator(Scenario(seed=2, events=90_000))
    reviews = [decode_user_event(e.value)[0] for e in shop if e.event_type == ReviewPosted.__name__]
    assert len(reviews) > 300
    starred = [r.stars for r in reviews if isinstance(r, ReviewPosted) and r.stars is not None]
    assert 0.06 < len(starred) / len(reviews) < 0.15
    assert set(starred) <= {1, 2, 3, 4, 5}


def test_truth_names_what_is_hidden(emissions):
    truths = [decode(TRUTH, e.value) for e in emissions if e.event_type == Truth.__name__]
    assert {t.intent for t in truths if isinstance(t, Truth)} == {"browse", "compare", "buy"}
    assert len({t.persona for t in truths if isinstance(t, Truth)}) == 4


def test_the_bytes_are_those_of_the_day_they_were_first_pinned(emissions):
    digest = hashlib.sha256(b"".join(e.value for e in emissions[:2_000])).hexdigest()[:16]
    assert digest == "c8b02c9d549b2b08"
