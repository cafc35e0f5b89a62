"""Recurring: other ways on some days of the week, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from producers.simulator.behaviour import HASTY, Behaviour
from producers.simulator.drifts.drift import Drift

__all__ = ["Recurring"]

_DAY_MS: Final = 24 * 60 * 60 * 1000
# The first of January 1970 was a Thursday, the fourth day counted from Monday as 0.
_EPOCH: Final = 3
_MARKET_DAYS: Final = (1, 3, 5)


@dataclass(frozen=True)
class Recurring(Drift):
    """On Tuesdays, Thursdays and Saturdays (UTC) the new ways of an abrupt drift hold, else the usual ones."""

    name: ClassVar[str] = "recurring"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (HASTY,)
    is_noted_again: ClassVar[bool] = True

    def way(self, events: int, now: int) -> int | None:
        """By the day.

        Examples
        --------
        >>> from contracts.codec import time_ms
        >>> [Recurring(1).way(0, time_ms(f"2026-01-{day:02d}T12:00:00.000Z")) for day in (5, 6, 7, 10, 11)]
        [None, 0, None, 0, None]
        """
        return 0 if (now // _DAY_MS + _EPOCH) % 7 in _MARKET_DAYS else None
