"""Health and metrics of the trainer's loop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.metrics_core import Metric

from consumers.trainer.trainer import Step
from infra.loop_health import LoopHealth
from infra.metric_families import counter, gauge
from infra.postgres import DatabaseCheck

__all__ = ["TrainerMonitor"]

_COUNTED: Final[frozenset[Step]] = frozenset({"trained", "shadow", "retired", "promoted"})


class TrainerMonitor(LoopHealth):
    """The `infra.monitoring.Role` of ``freshet trainer``.

    Parameters
    ----------
    database : DatabaseCheck
        Used by readiness.
    pause_s : float
        Between two rounds, before any has ended.
    training_s : float
        Given to the trainings of a round.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        database: DatabaseCheck,
        pause_s: float,
        training_s: float = 0.0,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(database, pause_s, training_s, now=now)
        self._steps: Counter[tuple[str, str]] = Counter()

    def happened(self, task: str, step: Step) -> None:
        """Count a step in the life of a model."""
        if step in _COUNTED:
            with self._lock:
                self._steps[task, step] += 1

    def collect(self) -> Iterable[Metric]:
        """The counts so far."""
        with self._lock:
            results, steps, well_s = dict(self._results), dict(self._steps), self._well_s
        yield counter("freshet_trainer_rounds", "Rounds.", sorted(results.items()), "result")
        yield counter("freshet_trainer_steps", "Steps.", sorted(steps.items()), "task", "step")
        yield gauge("freshet_trainer_last_success_timestamp_seconds", "When a round ended well last.", well_s)
