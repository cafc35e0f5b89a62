"""What a loop of the trainer tells machines."""

from __future__ import annotations

from dataclasses import dataclass

from consumers.trainer.monitor import TrainerMonitor


@dataclass
class Check:
    """A database that answers or does not."""

    away: str | None = None

    def problem(self) -> str | None:
        return self.away


def test_its_trainings_are_given_their_time():
    clock = [1_000.0]
    monitor = TrainerMonitor(Check(), 30.0, 7_200.0, now=lambda: clock[0])
    clock[0] += 3 * 30.0 + 7_200.0 + 1_800.0
    assert monitor.healthy().ok
    clock[0] += 1.0
    assert not monitor.healthy().ok


def test_rounds_and_steps_are_counted():
    monitor = TrainerMonitor(Check(), 30.0)
    for step in ("waiting", "training", "trained", "shadow", "gate", "gate", "promoted"):
        monitor.happened("conversion", step)
    monitor.ended(None, 30.0)
    monitor.ended("away", 30.0)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in monitor.collect()
        for sample in family.samples
    }
    found.pop(("freshet_trainer_last_success_timestamp_seconds",))
    assert found == {
        ("freshet_trainer_rounds_total", "ok"): 1,
        ("freshet_trainer_rounds_total", "failed"): 1,
        ("freshet_trainer_steps_total", "conversion", "trained"): 1,
        ("freshet_trainer_steps_total", "conversion", "shadow"): 1,
        ("freshet_trainer_steps_total", "conversion", "promoted"): 1,
    }
