"""What the audit sees of the main input: each record judged, and read with the standard library's JSON parser.

What is an event at all is asked of `contracts.codec`: that is the definition, held by golden files, and writing it
down a second time would test the definition and not the learner. All that depends on what came before (how far
ahead a time may be, visits, labels) is worked out here a second time.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.codec import decode_user_event
from contracts.errors import BadRecord
from contracts.labels import AHEAD_MS

__all__ = ["ENDS", "LATE", "ORDERS", "Reader", "Sighting"]

# Written out, for an unknown field of another event may well be called session_id.
_OF_A_SESSION: Final = frozenset(
    {"SessionStarted", "ProductViewed", "Searched", "OfferShown", "OfferTaken", "SessionEnded"}
)
_OF_A_CART: Final = frozenset({"CartAdded", "CartRemoved", "OrderPlaced"})
ORDERS: Final = "OrderPlaced"
ENDS: Final = "SessionEnded"
LATE: Final = frozenset({"ProductViewed", "CartAdded", "CartRemoved", "OrderPlaced"})
"""What is counted where its visit is settled already."""


class Sighting(NamedTuple):
    """One accepted event, as far as labels depend on it.

    Parameters
    ----------
    offset : int
        Of its record.
    time_ms : int
        Event time, milliseconds since 1970.
    type, event_id : str
        As written.
    visit : str or None
        The session or else the cart; None for what belongs to no visit.
    tasks : tuple of str
        Tasks that ask this event, unless it is late.
    total : float or None
        Of an order.
    """

    offset: int
    time_ms: int
    type: str
    event_id: str
    visit: str | None
    tasks: tuple[str, ...]
    total: float | None


def _fields(value: bytes) -> dict[str, Any]:
    try:
        read = json.loads(value)
    except ValueError:
        # An unknown field may hold an integer of more digits than Python turns into one.
        read = json.loads(value, parse_int=float)
    return dict(read)


class Reader:
    """Reads the records of one partition, in order; remembers its last tick."""

    def __init__(self) -> None:
        self.tick_ms: int | None = None

    def read(self, offset: int, value: bytes | None) -> Sighting:
        """One record.

        Raises
        ------
        BadRecord
            If it must be a dead letter.
        """
        decode_user_event(value)
        fields = _fields(value or b"")
        kind: str = fields["type"]
        time_ms = round(datetime.fromisoformat(fields["time"]).timestamp() * 1000)
        if self.tick_ms is not None and time_ms - self.tick_ms > AHEAD_MS:
            raise BadRecord("too-far-ahead", f"{fields['time']} is more than a day ahead")
        if kind == "ClockTicked":
            self.tick_ms = max(time_ms, self.tick_ms or 0)
        session = fields.get("session_id")
        visit = (
            session
            if kind in _OF_A_SESSION
            else (session or fields["cart_id"] if kind in _OF_A_CART else None)
        )
        tasks = []
        if kind in ("ProductViewed", "CartAdded") and session:
            tasks.append("conversion")
        if kind in ("CartAdded", "CartRemoved"):
            tasks.append("basket")
        total = float(fields["total"]) if kind == ORDERS else None
        return Sighting(offset, time_ms, kind, fields["id"], visit, tuple(tasks), total)
