"""How fast the sending goes."""

from __future__ import annotations

import pytest

from contracts.emission import Emission
from contracts.errors import UsageError
from producers.publish import Pace


def emission(time_ms: int = 0, *, counts: bool = True) -> Emission:
    return Emission("shop.user-events", "k", 0, b"{}", "u-1", "ProductViewed", time_ms, "simulator/1", counts)


def test_a_rate_spaces_what_counts_and_lets_the_rest_go_along():
    pace = Pace(rate=4.0)
    due = [pace.due_s(emission(counts=counts)) for counts in (True, False, False, True, True, False)]
    assert due == [0.0, 0.25, 0.25, 0.25, 0.5, 0.75]


def test_a_speed_follows_event_time_from_the_first_emission_on():
    pace = Pace(speed=60.0)
    assert [pace.due_s(emission(time)) for time in (500, 30_500, 60_500)] == [0.0, 0.5, 1.0]


def test_without_limit_nothing_is_waited_for():
    pace = Pace()
    assert not pace.is_limited
    assert pace.due_s(emission()) == 0.0


@pytest.mark.parametrize("wrong", [{"rate": -1.0}, {"speed": 0.0}, {"rate": 5.0, "speed": 2.0}])
def test_a_pace_that_can_not_be_is_refused(wrong: dict[str, float]):
    with pytest.raises(UsageError):
        Pace(**wrong)
