"""Which visits are open, when they settle, and which ones are settled already.

The rules are those of `contracts.labels`; the audit holds a second implementation of them against this one.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from contracts.events import (
    CartAdded,
    CartRemoved,
    OfferShown,
    OfferTaken,
    OrderPlaced,
    ProductViewed,
    Searched,
    SessionEnded,
    SessionStarted,
    UserEvent,
)
from contracts.labels import MEMORY_MS, SILENCE_MS

__all__ = ["SettledVisit", "Visits", "visit_of"]

T = TypeVar("T")

_OF_A_SESSION = (SessionStarted, ProductViewed, Searched, OfferShown, OfferTaken, SessionEnded)
_OF_A_CART = (CartAdded, CartRemoved, OrderPlaced)


def visit_of(event: UserEvent) -> str | None:
    """Name of the visit that `event` belongs to, or None where it belongs to none."""
    if isinstance(event, _OF_A_CART):
        return event.session_id or event.cart_id
    if isinstance(event, _OF_A_SESSION):
        return event.session_id
    return None


class SettledVisit(NamedTuple, Generic[T]):
    """A visit whose labels are known now, and what waited for them, in the order of offsets."""

    visit: str
    waiting: list[T]


class Visits(Generic[T]):
    """The visits of one partition; each holds what waits for its label.

    Attributes
    ----------
    clock_ms : int
        Latest event time seen; 0 before the first event.
    """

    def __init__(self) -> None:
        self.clock_ms = 0
        # Oldest arrival first. The clock never goes back, so moving a visit to the end keeps the order.
        self._open: OrderedDict[str, tuple[int, list[T]]] = OrderedDict()
        self._settled: OrderedDict[str, int] = OrderedDict()

    def advance(self, time_ms: int) -> list[SettledVisit[T]]:
        """Move the clock to an event's time, and return what is settled by silence, oldest first."""
        clock = self.clock_ms = max(self.clock_ms, time_ms)
        silent: list[SettledVisit[T]] = []
        while self._open:
            visit = next(iter(self._open))
            if clock - self._open[visit][0] < SILENCE_MS:
                break
            silent.append(self.settle(visit))
        while self._settled:
            visit = next(iter(self._settled))
            if clock - self._settled[visit] < MEMORY_MS:
                break
            del self._settled[visit]
        return silent

    def is_open(self, visit: str) -> bool:
        """Whether the visit has begun and is not settled."""
        return visit in self._open

    def is_settled(self, visit: str) -> bool:
        """Whether its labels were settled within the memory."""
        return visit in self._settled

    def touch(self, visit: str) -> list[T]:
        """Keep `visit` open, or open it; return what waits for its label, to be added to."""
        entry = self._open.pop(visit, None)
        waiting: list[T] = entry[1] if entry else []
        self._open[visit] = (self.clock_ms, waiting)
        return waiting

    def settle(self, visit: str) -> SettledVisit[T]:
        """Settle `visit`, even if it was never open, and remember it."""
        entry = self._open.pop(visit, None)
        self._settled[visit] = self.clock_ms
        return SettledVisit(visit, entry[1] if entry else [])
