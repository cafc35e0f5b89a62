"""Abrupt: from one event to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producers.simulator.behaviour import HASTY, Behaviour
from producers.simulator.drifts.drift import Drift

__all__ = ["Abrupt"]


@dataclass(frozen=True)
class Abrupt(Drift):
    """Every session that begins after `at_events` user events follows the new ways."""

    name: ClassVar[str] = "abrupt"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (HASTY,)

    def way(self, events: int, now: int) -> int | None:
        """The new one."""
        return 0
