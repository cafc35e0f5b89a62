"""How tests wait: for a condition, never for a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Event
from typing import Final

__all__ = ["DEADLINE_S", "slowed", "until"]

# A start imports River and scikit-learn in five processes: seconds on two idle cores, a minute on busy ones.
DEADLINE_S: Final = 240.0


def until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> float:
    """Wait for a condition, and fail by its name; the seconds it took."""
    pause, began_s = Event(), time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < deadline_s, f"not within {deadline_s:g} s: {what}"
        pause.wait(0.05)
    return time.monotonic() - began_s


def slowed(promised_s: float) -> float:
    """What a promise for an idle machine comes to on this one now: with ten processes a core, ten times that."""
    return promised_s * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
