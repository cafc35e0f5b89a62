"""What a simulated shop depends on, and nothing else: the scenario."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import UsageError
from producers.simulator.drifts import Drift

__all__ = ["TRAFFIC", "Scenario"]

# Sessions an hour of event time. At 500 events/s of the clock half an hour of silence then passes in 4 s (in 6 s
# at the busiest hour), so labels settle well within the 20 s that a newcomer is willing to watch.
TRAFFIC = 600


@dataclass(frozen=True)
class Scenario:
    """All that decides the bytes of a simulated shop.

    Parameters
    ----------
    seed : int
        Of every draw.
    events : int or None
        User events after which the shop closes; None: never.
    partitions : int
        Of ``shop.user-events`` and ``shop.truth``. Decides where records go, never what is drawn.
    traffic : int
        Sessions an hour of event time, averaged over the day.
    drift : Drift or None
        When shoppers change their ways, if they do.

    Raises
    ------
    UsageError
        If a number is out of its range.
    """

    seed: int = 1
    events: int | None = None
    partitions: int = 1
    traffic: int = TRAFFIC
    drift: Drift | None = None

    def __post_init__(self) -> None:
        for name, value, least in (
            ("seed", self.seed, 0),
            ("events", self.events, 1),
            ("partitions", self.partitions, 1),
            ("traffic", self.traffic, 1),
        ):
            if value is not None and value < least:
                msg = f"{name} must be at least {least}. Got {value}."
                raise UsageError(msg)

    @property
    def source(self) -> str:
        """What tells this shop from every other: it stands in each event.

        The number of events is part of it, for a shop that closed at 1,000 events is not the beginning of
        one that goes on: its last ticks have settled the sessions that were open. The number of partitions is
        not: it changes no event.

        Examples
        --------
        >>> from producers.simulator.drifts import Abrupt
        >>> Scenario(seed=7, events=1000, drift=Abrupt(500)).source
        'simulator/seed=7/traffic=600/drift=abrupt@500/events=1000'
        """
        parts = [f"simulator/seed={self.seed}/traffic={self.traffic}"]
        if self.drift:
            parts.append(f"drift={self.drift}")
        if self.events:
            parts.append(f"events={self.events}")
        return "/".join(parts)
