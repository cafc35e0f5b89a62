"""The clock of a partition as ticks set it, and what is too far ahead of it."""

from __future__ import annotations

from contracts.errors import BadRecord
from contracts.events import ClockTicked, UserEvent
from contracts.labels import AHEAD_MS

__all__ = ["TickClock"]


class TickClock:
    """Refuses events more than a day ahead of the last tick; the first tick may stand anywhere.

    Attributes
    ----------
    ticked_ms : int or None
        Event time of the newest tick, milliseconds since 1970; None before the first.
    """

    def __init__(self) -> None:
        self.ticked_ms: int | None = None

    def admit(self, event: UserEvent, time_ms: int) -> None:
        """Take an event in; ticks move the clock, and are held to it like all others.

        Raises
        ------
        BadRecord
            ``too-far-ahead``; the clock is then as before.
        """
        ticked_ms = self.ticked_ms
        if ticked_ms is not None and time_ms > ticked_ms + AHEAD_MS:
            detail = (
                f"{event.time} is {(time_ms - ticked_ms) / 3_600_000:.1f} h ahead of the partition's clock"
            )
            raise BadRecord("too-far-ahead", detail)
        if isinstance(event, ClockTicked) and (ticked_ms is None or time_ms > ticked_ms):
            self.ticked_ms = time_ms
