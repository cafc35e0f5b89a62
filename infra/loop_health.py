"""Whether a loop goes on: what the roles of long-running commands that work in rounds have in common."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from infra.monitoring import Health
from infra.postgres import DatabaseCheck

__all__ = ["LoopHealth"]

_LONGEST_ROUND_S: Final = 1_800.0


class LoopHealth:
    """`healthy` and `ready` of an `infra.monitoring.Role`, from how its rounds ended.

    Parameters
    ----------
    database : DatabaseCheck
        Readiness asks it.
    pause_s : float
        Between two rounds, before any has ended.
    work_s : float
        Seconds that a round may take on top of 30 minutes.
    called : str
        What a round is called.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        database: DatabaseCheck,
        pause_s: float,
        work_s: float = 0.0,
        *,
        called: str = "round",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._pause_s = pause_s
        self._round_s = work_s + _LONGEST_ROUND_S
        self._called = called
        self._now = now
        self._lock = threading.Lock()
        self._well_s = now()
        self._problem: str | None = None
        self._results: Counter[str] = Counter()

    def ended(self, problem: str | None, pause_s: float | None = None) -> None:
        """A round ended, and a pause follows; `problem` says what went wrong in it."""
        with self._lock:
            self._problem = problem
            self._results["ok" if problem is None else "failed"] += 1
            if problem is None:
                self._well_s = self._now()
            if pause_s is not None:  # the longest since one ended well
                self._pause_s = pause_s if problem is None else max(self._pause_s, pause_s)

    def healthy(self) -> Health:
        """A round ended well within three pauses, the time for its work, and half an hour."""
        with self._lock:
            silent_s, problem = self._now() - self._well_s, self._problem
            stale_after_s = 3 * self._pause_s + self._round_s
        if silent_s <= stale_after_s:
            return Health(True)
        why = problem or "the last one still runs"
        return Health(False, f"no {self._called} ended well for {silent_s:.0f} s: {why}")

    def ready(self) -> Health:
        """The last round ended well, and the database answers."""
        with self._lock:
            problem, has_ended = self._problem, bool(self._results)
        if problem is not None or not has_ended:
            return Health(False, problem or f"the first {self._called} has not ended")
        away = self._database.problem()
        return Health(away is None, away or "")
