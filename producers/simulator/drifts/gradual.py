"""Gradual: a tenth of the way at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from producers.simulator.behaviour import HASTY, USUAL, Behaviour, between
from producers.simulator.drifts.drift import Drift

__all__ = ["Gradual"]

# As many chains as steps are solved, some milliseconds each; no step alone is much to see.
_STEPS: Final = 10


@dataclass(frozen=True)
class Gradual(Drift):
    """The usual ways turn into the new ones of an abrupt drift in ten equal steps.

    Parameters
    ----------
    over_events : int
        User events from the first step to the last: the last tenth of the way is gone then.
    """

    over_events: int

    name: ClassVar[str] = "gradual"
    behaviours: ClassVar[tuple[Behaviour, ...]] = tuple(
        between(USUAL, HASTY, step / _STEPS) for step in range(1, _STEPS + 1)
    )

    def __str__(self) -> str:
        """As typed on the command line."""
        return f"{self.name}@{self.at_events}:{self.over_events}"

    def way(self, events: int, now: int) -> int | None:
        """How far it has come.

        Examples
        --------
        >>> [Gradual(100, 50).way(events, 0) for events in (0, 24, 45, 1_000)]
        [0, 4, 9, 9]
        """
        return min(events * _STEPS // self.over_events, _STEPS - 1)
