"""The clock of a partition: ticks move it, and nothing may be a day ahead of it."""

from __future__ import annotations

import pytest

from contracts.clock import TickClock
from contracts.codec import decode_user_event, encode
from contracts.errors import BadRecord


def tick(time: str) -> bytes:
    return encode({"type": "ClockTicked", "id": "t", "time": time, "source": "s"})


def test_ticks_move_the_clock_and_nothing_may_be_a_day_ahead_of_it() -> None:
    clock = TickClock()
    late, ahead = (
        decode_user_event(tick(t)) for t in ("2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.001Z")
    )
    clock.admit(*ahead)  # the first tick may stand anywhere
    clock.admit(*late)
    assert clock.ticked_ms == ahead[1]
    clock = TickClock()
    clock.admit(*late)
    with pytest.raises(BadRecord, match=r"too-far-ahead: 2026-01-03T00:00:00.001Z is 24.0 h ahead") as error:
        clock.admit(*ahead)
    assert error.value.reason == "too-far-ahead"
    assert clock.ticked_ms == late[1]
