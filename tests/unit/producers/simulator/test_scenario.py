"""What identifies a shop, and what is refused."""

from __future__ import annotations

import pytest

from contracts.drift_words import DRIFTS
from contracts.errors import UsageError
from producers.simulator import TRAFFIC, Abrupt, Scenario, parse_drift
from producers.simulator.drifts import REGISTRY, Gradual


def test_the_source_names_all_that_decides_the_bytes_but_the_partitions():
    assert Scenario(seed=7).source == f"simulator/seed=7/traffic={TRAFFIC}"
    changed = [
        Scenario(seed=8),
        Scenario(seed=7, traffic=1),
        Scenario(seed=7, events=5),
        Scenario(seed=7, drift=Abrupt(5)),
    ]
    assert len({scenario.source for scenario in [Scenario(seed=7), *changed]}) == 5
    assert Scenario(seed=7, partitions=4).source == Scenario(seed=7).source
    # Sources are ids: at most 128 characters.
    assert len(Scenario(10**20, 10**12, 1, 10**9, Gradual(10**11, 10**11)).source) <= 128


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"events": 0}, {"partitions": 0}, {"traffic": 0}])
def test_numbers_out_of_range_are_refused_by_name(wrong: dict[str, int]):
    (name,) = wrong
    with pytest.raises(UsageError, match=name):
        Scenario(**wrong)


def test_every_drift_that_can_be_typed_is_there_and_reads_as_it_is_written():
    assert tuple(REGISTRY) == DRIFTS
    for name in DRIFTS:
        drift = parse_drift(f"{name}@175000")
        assert drift.name == name
        assert parse_drift(str(drift)) == drift


@pytest.mark.parametrize(
    "text",
    ["", "abrupt", "abrupt@", "abrupt@0", "abrupt@-5", "abrupt@5k", "sudden@5", "abrupt@5:5", "gradual@5:0"],
)
def test_other_drifts_are_refused(text: str):
    with pytest.raises(UsageError, match=r"A drift must be .*@N.*Got"):
        parse_drift(text)
