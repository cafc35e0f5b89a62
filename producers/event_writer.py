"""What happens in a shop, as records: numbered, encoded, with their partitions."""

from __future__ import annotations

from typing import Any

from contracts.codec import encode, rfc3339
from contracts.emission import Emission
from contracts.events import ClockTicked, Product
from contracts.partitioner import partition_of
from contracts.records import DriftBegan, TaskTruth, Truth
from contracts.topics import PRODUCT_EVENTS, TRUTH, USER_EVENTS

__all__ = ["EventWriter"]

_USER_EVENTS = USER_EVENTS.name
_PRODUCT_EVENTS = PRODUCT_EVENTS.name
_TRUTH = TRUTH.name
_MINUTE_MS = 60_000
# Looked up and not written out: a sixth of the time, and small enough to stay in the cache.
_SECONDS = tuple(f"{second:02d}." for second in range(60))
_MILLISECONDS = tuple(f"{ms:03d}Z" for ms in range(1000))


class EventWriter:
    """Turns facts into Emissions and collects them in `out`, in the one order that there is.

    Parameters
    ----------
    source : str
        Stands in every event.
    partitions : int
        Of the main input.
    prefix : str
        With which the ids of users' events begin.
    """

    def __init__(self, source: str, partitions: int, prefix: str = "u") -> None:
        self.source = source
        self.user_events = 0
        self.out: list[Emission] = []
        # Of the user event sent last, as text.
        self.time = ""
        self._minute_ms = -1
        self._minute_text = ""
        self._partitions = partitions
        self._number = f"{prefix}-%09d"
        self._product_events = 0
        self._ticks = 0

    def user(self, kind: Any, now: int, user_id: str, session_id: str | None, **fields: Any) -> str:
        """One event of a user; returns its id."""
        self.user_events += 1
        number = self._number % self.user_events  # a quarter less than an f-string
        rest = now - self._minute_ms
        if not 0 <= rest < _MINUTE_MS:
            rest = now % _MINUTE_MS
            self._minute_ms = now - rest
            self._minute_text = rfc3339(now)[:17]
        self.time = time = self._minute_text + _SECONDS[rest // 1000] + _MILLISECONDS[rest % 1000]
        event = kind(
            id=number, time=time, source=self.source, user_id=user_id, session_id=session_id, **fields
        )
        self.out.append(
            Emission(
                _USER_EVENTS,
                user_id,
                partition_of(user_id, self._partitions),
                encode(event),
                number,
                kind.__name__,
                now,
                self.source,
                True,
            )
        )
        return number

    def truth(self, now: int, user_id: str, truth: Truth | TaskTruth) -> None:
        """What is known of the decision point that was sent just now."""
        self.out.append(
            Emission(
                _TRUTH,
                user_id,
                partition_of(user_id, self._partitions),
                encode(truth),
                truth.event_id,
                type(truth).__name__,
                now,
                self.source,
                False,
            )
        )

    def _to_all(self, topic: str, key: str, value: bytes, number: str, kind: str, now: int) -> None:
        for partition in range(self._partitions):
            self.out.append(Emission(topic, key, partition, value, number, kind, now, self.source, False))

    def tick(self, now: int) -> None:
        """Event time, to every partition."""
        self._ticks += 1
        number = f"t-{self._ticks:09d}"
        event = ClockTicked(id=number, time=rfc3339(now), source=self.source)
        self._to_all(_USER_EVENTS, "clock", encode(event), number, "ClockTicked", now)

    def product(self, kind: Any, now: int, product: Product, name: str | None) -> None:
        """A change of a product: to its own topic, and a copy to every partition of the main input."""
        self._product_events += 1
        number = f"p-{self._product_events:09d}"
        event = kind(id=number, time=rfc3339(now), source=self.source, product=product, name=name)
        value, key, what = encode(event), product.product_id, kind.__name__
        self.out.append(Emission(_PRODUCT_EVENTS, key, 0, value, number, what, now, self.source, False))
        self._to_all(_USER_EVENTS, key, value, number, what, now)

    def drain(self) -> list[Emission]:
        """What was written since the last call."""
        out, self.out = self.out, []
        return out

    def drift(self, now: int, name: str, at_events: int, control: int | None = None) -> None:
        """Note on the truth of every partition after which user event the shoppers changed their ways.

        With `control` it was switched by the record of this offset in ``shop.control``.
        """
        note = DriftBegan(
            drift=name,
            event_number=at_events,
            event_id=f"u-{at_events:09d}",
            time=rfc3339(now),
            control=control,
        )
        number = f"drift-{at_events:09d}" if control is None else f"switch-{control:09d}"
        self._to_all(_TRUTH, "drift", encode(note), number, "DriftBegan", now)
