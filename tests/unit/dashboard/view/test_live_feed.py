"""What the feed makes of records; that it finds them is tested end to end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.view.live_feed import _number_of_events
from infra.kafka import Record
from producers.simulator import Scenario, Simulator


def record(value: bytes | None) -> Record:
    return Record("shop.user-events", 0, 0, 0, None, value, ())


def test_users_own_events_are_counted_by_their_numbers_and_ticks_and_copies_are_not():
    emitted = [e for e in Simulator(Scenario(seed=7, events=200)) if e.topic == "shop.user-events"]
    assert _number_of_events(record(e.value) for e in emitted) == 200
    others = [record(e.value) for e in emitted if not e.counts]
    assert others
    assert _number_of_events(others) == 0


@given(st.binary(max_size=200) | st.none())
def test_whatever_stands_on_the_topic_the_feed_lives(value):
    assert _number_of_events([record(value)]) >= 0
