"""When a loop is called healthy, and when ready."""

from __future__ import annotations

from dataclasses import dataclass

from infra.loop_health import LoopHealth
from infra.monitoring import Health


@dataclass
class Check:
    """A database that answers or does not."""

    away: str | None = None

    def problem(self) -> str | None:
        return self.away


def test_it_is_ready_after_a_round_that_ended_well_and_healthy_while_they_do():
    clock, check = [1_000.0], Check()
    monitor = LoopHealth(check, 30.0, now=lambda: clock[0])
    assert (monitor.healthy().ok, monitor.ready()) == (True, Health(False, "the first round has not ended"))
    monitor.ended(None, 30.0)
    assert monitor.ready() == Health(True)
    check.away = "the database does not answer"
    assert monitor.ready() == Health(False, "the database does not answer")
    monitor.ended("Too few.", 30.0)
    assert monitor.ready() == Health(False, "Too few.")
    clock[0] += 1_891.0
    assert monitor.healthy() == Health(False, "no round ended well for 1891 s: Too few.")
    monitor.ended(None, 30.0)
    assert monitor.healthy().ok


def test_it_is_healthy_as_long_as_its_own_pauses_and_trainings_take():
    clock = [1_000.0]
    monitor = LoopHealth(Check(), 30.0, 7_200.0, now=lambda: clock[0])
    clock[0] += 7_200.0 + 1_800.0
    assert monitor.healthy().ok
    monitor.ended(None, 5_000.0)
    clock[0] += 3 * 5_000.0
    monitor.ended("Too few.", 30.0)
    clock[0] += 7_200.0 + 1_800.0
    assert monitor.healthy().ok
    clock[0] += 1.0
    assert not monitor.healthy().ok
    monitor.ended(None, 30.0)
    clock[0] += 3 * 30.0 + 7_200.0 + 1_801.0
    assert not monitor.healthy().ok


def test_it_says_what_a_round_is_called():
    clock = [1_000.0]
    loop = LoopHealth(Check(), 30.0, called="run", now=lambda: clock[0])
    assert loop.ready() == Health(False, "the first run has not ended")
    clock[0] += 1_891.0
    assert loop.healthy() == Health(False, "no run ended well for 1891 s: the last one still runs")
