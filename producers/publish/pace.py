"""When an emission is due."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.emission import Emission
from contracts.errors import UsageError

__all__ = ["Pace"]


@dataclass
class Pace:
    """How fast the sending goes: by the clock, as a multiple of event time, or as fast as it can.

    Parameters
    ----------
    rate : float
        User events a second of the clock; 0: no limit.
    speed : float or None
        Seconds of event time in a second of the clock, instead of `rate`.

    Raises
    ------
    UsageError
        If a number is out of range or both are given.

    Examples
    --------
    >>> Pace(speed=60.0).is_limited, Pace().is_limited
    (True, False)
    """

    rate: float = 0.0
    speed: float | None = None
    _counted: int = 0
    _first_ms: int | None = None

    def __post_init__(self) -> None:
        if self.rate < 0:
            message = f"The rate must not be negative. Got {self.rate}."
            raise UsageError(message)
        if self.speed is not None and self.speed <= 0:
            message = f"The speed must be above zero. Got {self.speed}."
            raise UsageError(message)
        if self.speed is not None and self.rate:
            message = f"The pace must be a rate or a speed. Got both, {self.rate} and {self.speed}."
            raise UsageError(message)

    @property
    def is_limited(self) -> bool:
        """Whether anything is ever to be waited for."""
        return bool(self.rate) or self.speed is not None

    def due_s(self, emission: Emission) -> float:
        """Seconds after the first emission at which this one is due. To be asked once for each, in order.

        What does not count (ticks, copies of product events, truth) goes with the event it stands beside.
        """
        if self.speed is not None:
            if self._first_ms is None:
                self._first_ms = emission.time_ms
            return (emission.time_ms - self._first_ms) / (1000.0 * self.speed)
        if not self.rate:
            return 0.0
        due = self._counted / self.rate
        self._counted += emission.counts
        return due
