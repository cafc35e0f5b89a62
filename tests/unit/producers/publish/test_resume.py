"""Going on where each partition ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.emission import Emission
from contracts.errors import ShopMismatch
from producers.publish import go_on

SOURCE = "simulator/1"


def emissions(places: list[tuple[str, int]]) -> list[Emission]:
    return [
        Emission(topic, "k", partition, b"", f"e-{number}", "Any", number, SOURCE, True)
        for number, (topic, partition) in enumerate(places)
    ]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=40), st.data())
def test_whatever_each_partition_holds_the_rest_of_it_follows(places, data):
    everything = emissions(places)
    by_place: dict[tuple[str, int], list[Emission]] = {}
    for emission in everything:
        by_place.setdefault((emission.topic, emission.partition), []).append(emission)
    held = {at: data.draw(st.integers(0, len(those)), label=str(at)) for at, those in by_place.items()}
    done = {at: by_place[at][many - 1].event_id for at, many in held.items() if many}
    sent: dict[tuple[str, int], list[Emission]] = {at: [] for at in by_place}
    for emission in go_on(everything, done):
        sent[emission.topic, emission.partition].append(emission)
    assert sent == {at: those[held[at] :] for at, those in by_place.items()}


def test_a_last_record_that_never_comes_by_is_another_shops():
    with pytest.raises(ShopMismatch, match="a/0 ends with e-99"):
        list(go_on(emissions([("a", 0)] * 5), {("a", 0): "e-99"}))


def test_leaving_out_stops_when_told_to():
    asked = iter([False, False, True])
    assert list(go_on(emissions([("a", 0)] * 5), {("a", 0): "e-99"}, lambda: next(asked))) == []
