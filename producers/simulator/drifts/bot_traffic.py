"""Bot traffic: many sessions that are nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from producers.simulator.behaviour import USUAL, Behaviour
from producers.simulator.drifts.drift import Drift

__all__ = ["BotTraffic"]

# The same whatever "intent" is drawn: long sessions at a steady pace, carts that reserve stock and are left behind.
_SCRAPER: Final = Behaviour(
    leave=(-3.0, -3.0, -3.0),
    leave_cart=(-2.4, -2.4, -2.4),
    leave_unseen=0.0,
    search=(-3.0, -3.0, -3.0),
    add=((-1.6, -1.6, -1.6), (-1.6, -1.6, -1.6), (-1.6, -1.6, -1.6)),
    remove=(-3.0, -3.0, -3.0),
    # One in some hundred orders: to see what the till says.
    order=(-6.0, -6.0, -6.0),
    bins=USUAL.bins,
    dwell_s=(30.0, 30.0, 30.0),
    dwell_spread=0.25,
)


@dataclass(frozen=True)
class BotTraffic(Drift):
    """A quarter of the sessions are those of bots with accounts of their own; people go on as before."""

    name: ClassVar[str] = "bot-traffic"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (_SCRAPER,)
    bot_share: ClassVar[float] = 0.25

    def way(self, events: int, now: int) -> int | None:
        """The usual one: of people."""
        return None
