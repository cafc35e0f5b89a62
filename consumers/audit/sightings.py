"""What the audit sees of the main input: each record judged, and read with the standard library's JSON parser.

What is an event at all is asked of `contracts.codec`, and whom it asks and what it says of a label of the tasks'
declarations: writing these down a second time would test the definitions, and not the learner. All that depends on what
came before (how far ahead a time may be, visits, when a label settles) is worked out here a second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from contracts.bounds import Label
from contracts.codec import NOT_SIGNED, decode_user_event
from contracts.errors import BadRecord
from contracts.events import OrderPlaced, UserEvent
from contracts.labels import AHEAD_MS

__all__ = ["ENDS", "LATE", "ORDERS", "Check", "Declared", "Reader", "Sighting", "nobody"]

# Written out, for an unknown field of another event may well be called session_id.
_OF_A_SESSION: Final = frozenset(
    {"SessionStarted", "ProductViewed", "Searched", "OfferShown", "OfferTaken", "SessionEnded"}
)
_OF_A_CART: Final = frozenset({"CartAdded", "CartRemoved", "OrderPlaced"})
ORDERS: Final = "OrderPlaced"
ENDS: Final = "SessionEnded"
LATE: Final = frozenset({"ProductViewed", "CartAdded", "CartRemoved", "OrderPlaced"})
"""What is counted where its visit is settled already."""


Check: TypeAlias = Callable[[Any], None]


class Settled(Protocol):
    """What a declaration says of a label: it, or None where there will never be one."""

    @property
    def label(self) -> Label | None:
        """The label."""
        ...


class Rule(Protocol):
    """When a label settles, as a task declares it."""

    @property
    def settles(self) -> bool:
        """Whether it ever does."""
        ...

    def when_asked(self, event: UserEvent) -> Settled | None:
        """What the event of a decision point says itself."""
        ...

    def when_followed(self, asked: UserEvent, event: UserEvent) -> Settled | None:
        """What a later event of the visit says."""
        ...

    def when_ended(self, asked: UserEvent, order: OrderPlaced | None) -> Settled:
        """What the end of the visit says."""
        ...


class Declared(Protocol):
    """A task, as far as it is a declaration: whom it asks, and what a label is."""

    @property
    def name(self) -> str:
        """The task."""
        ...

    @property
    def label(self) -> Rule:
        """When it settles."""
        ...

    @property
    def at_visit_end(self) -> bool:
        """Whether it is asked when the visit has ended."""
        ...

    def asks(self, event: UserEvent, /) -> bool:
        """Whether an event is a decision point."""
        ...


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
    event : UserEvent
        The event, for what declarations say of it.
    """

    offset: int
    time_ms: int
    type: str
    event_id: str
    visit: str | None
    tasks: tuple[str, ...]
    event: UserEvent


def _fields(value: bytes) -> dict[str, Any]:
    try:
        read = json.loads(value)
    except ValueError:
        # An unknown field may hold an integer of more digits than Python turns into one.
        read = json.loads(value, parse_int=float)
    return dict(read)


def nobody(event: Any) -> None:
    """Believe no ModelActivated: there is no key to tell by."""
    raise BadRecord(NOT_SIGNED, f"{event.id} can't be verified: there is no key here")


class Reader:
    """Reads the records of one partition, in order; remembers its last tick and the changes of models.

    Parameters
    ----------
    tasks : iterable of Declared
        Whom an event may ask.
    check : callable
        Raises `BadRecord` for a ModelActivated that this installation did not sign for this partition.
    """

    def __init__(self, tasks: Iterable[Declared], check: Check = nobody) -> None:
        self.tick_ms: int | None = None
        self._tasks = tuple(tasks)
        self._check = check
        self._activated: set[str] = set()

    def read(self, offset: int, value: bytes | None) -> Sighting:
        """One record.

        Raises
        ------
        BadRecord
            If it must be a dead letter.
        """
        event, _ = decode_user_event(value)
        fields = _fields(value or b"")
        kind: str = fields["type"]
        time_ms = round(datetime.fromisoformat(fields["time"]).timestamp() * 1000)
        if self.tick_ms is not None and time_ms - self.tick_ms > AHEAD_MS:
            raise BadRecord("too-far-ahead", f"{fields['time']} is more than a day ahead")
        if kind == "ModelActivated":
            self._check(event)
            if fields["id"] in self._activated:
                raise BadRecord(NOT_SIGNED, f"{fields['id']} was taken before")
            self._activated.add(fields["id"])
        if kind == "ClockTicked":
            self.tick_ms = max(time_ms, self.tick_ms or 0)
        session = fields.get("session_id")
        visit = (
            session
            if kind in _OF_A_SESSION
            else (session or fields["cart_id"] if kind in _OF_A_CART else None)
        )
        has_user = visit is not None or "user_id" in fields
        asked = tuple(task.name for task in self._tasks if has_user and task.asks(event))
        return Sighting(offset, time_ms, kind, fields["id"], visit, asked, event)
