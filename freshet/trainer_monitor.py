"""What is asked about a loop of the trainer, and what it tells."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from freshet.trainer import Step
from infra.monitoring import Health
from infra.postgres import DatabaseCheck

__all__ = ["TrainerMonitor"]

_LONGEST_ROUND_S: Final = 1_800.0
_COUNTED: Final[frozenset[Step]] = frozenset({"trained", "shadow", "retired", "promoted"})


class TrainerMonitor:
    """The `infra.monitoring.Role` of ``freshet trainer``.

    Parameters
    ----------
    database : DatabaseCheck
        Readiness asks it.
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
        self._database = database
        self._pause_s = pause_s
        self._round_s = training_s + _LONGEST_ROUND_S
        self._now = now
        self._lock = threading.Lock()
        self._well_s = now()
        self._problem: str | None = None
        self._rounds: Counter[str] = Counter()
        self._steps: Counter[tuple[str, str]] = Counter()

    def happened(self, task: str, step: Step) -> None:
        """Something did, in the life of a model."""
        if step in _COUNTED:
            with self._lock:
                self._steps[task, step] += 1

    def ended(self, problem: str | None, pause_s: float) -> None:
        """A round ended, and a pause follows; `problem` says what went wrong in it."""
        with self._lock:
            self._problem = problem
            self._rounds["ok" if problem is None else "failed"] += 1
            if problem is None:
                self._well_s = self._now()
                self._pause_s = 0.0
            self._pause_s = max(self._pause_s, pause_s)  # the longest since one ended well

    def healthy(self) -> Health:
        """A round ended well within three pauses, the time for trainings, and half an hour."""
        with self._lock:
            silent_s, problem = self._now() - self._well_s, self._problem
            stale_after_s = 3 * self._pause_s + self._round_s
        if silent_s <= stale_after_s:
            return Health(True)
        why = problem or "the last one still runs"
        return Health(False, f"no round ended well for {silent_s:.0f} s: {why}")

    def ready(self) -> Health:
        """The last round ended well, and the database answers."""
        with self._lock:
            problem, rounds = self._problem, sum(self._rounds.values())
        if problem is not None or not rounds:
            return Health(False, problem or "the first round has not ended")
        away = self._database.problem()
        return Health(away is None, away or "")

    def collect(self) -> Iterable[Metric]:
        """What it was told so far."""
        with self._lock:
            rounds, steps, well_s = sorted(self._rounds.items()), sorted(self._steps.items()), self._well_s
        ended = CounterMetricFamily("freshet_trainer_rounds", "Rounds.", labels=["result"])
        for result, count in rounds:
            ended.add_metric([result], count)
        yield ended
        done = CounterMetricFamily("freshet_trainer_steps", "Steps.", labels=["task", "step"])
        for (task, step), count in steps:
            done.add_metric([task, step], count)
        yield done
        yield GaugeMetricFamily(
            "freshet_trainer_last_well_timestamp_seconds", "When a round ended well last.", value=well_s
        )
