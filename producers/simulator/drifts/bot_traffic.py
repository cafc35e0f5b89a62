"""Bot traffic: many sessions that are nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from producers.simulator.behaviour import USUAL, Behaviour
from producers.simulator.drifts.drift import Drift

__all__ = ["BotTraffic"]

# The same whatever "intent" is drawn: long sessions at a steady pace, carts that are filled and left behind.
_SCRAPER: Final = Behaviour(
    leave=(-2.6, -2.6, -2.6),
    leave_cart=(-2.2, -2.2, -2.2),
    leave_unseen=0.0,
    search=(-3.0, -3.0, -3.0),
    add=((-2.6, -2.6, -2.6), (-2.6, -2.6, -2.6), (-2.6, -2.6, -2.6)),
    remove=(-3.0, -3.0, -3.0),
    # One in some hundred orders: to see what the till says.
    order=(-6.0, -6.0, -6.0),
    bins=USUAL.bins,
    dwell_s=(12.0, 12.0, 12.0),
    dwell_spread=0.25,
)


@dataclass(frozen=True)
class BotTraffic(Drift):
    """A fifth of the sessions are those of bots with accounts of their own; people go on as before."""

    name: ClassVar[str] = "bot-traffic"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (_SCRAPER,)
    bot_share: ClassVar[float] = 0.2

    def way(self, events: int, now: int) -> int | None:
        """The usual one: of people."""
        return None
