"""What was asked for on ``shop.control``, and what of it the simulator has noted on ``shop.truth``."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from kafka.errors import KafkaError

from contracts.codec import decode
from contracts.drift_words import read_switch
from contracts.errors import BadRecord, FreshetError, ShopMismatch
from contracts.records import DriftBegan, DriftSwitched
from contracts.topics import CONTROL, TRUTH, topic_name
from infra.kafka import Record, log_range, read_to_end, tail
from infra.signatures import Signatures
from producers.publish.resume import FRESH

__all__ = ["Asked", "Noted", "asked", "listen", "noted"]

_log = logging.getLogger(__name__)
_AGAIN_S: Final = 2.0


class Asked(NamedTuple):
    """A genuine wish: which drift, and the offset of its record."""

    drift: str
    control: int


class Noted(NamedTuple):
    """One that began, and the user event after which it did."""

    event_number: int
    drift: str
    control: int


class _Reader:
    """Tells genuine wishes from all other records; each counts once."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self._seen: set[str] = set()

    def read(self, record: Record) -> Asked | None:
        try:
            switched: DriftSwitched = decode(CONTROL, record.value)
            self._signatures.check(switched, record.partition)
            read_switch(switched.drift)
        except (BadRecord, ValueError) as error:
            _log.warning("offset %d of shop.control changes nothing: %s", record.offset, error)
            return None
        if switched.id in self._seen:
            return None
        self._seen.add(switched.id)
        return Asked(switched.drift, record.offset)


def asked(bootstrap: str, namespace: str, signatures: Signatures) -> list[Asked]:
    """All that was asked for so far, in its order."""
    reader = _Reader(signatures)
    records = read_to_end(bootstrap, topic_name(CONTROL, namespace))
    return [wish for record in records if (wish := reader.read(record)) is not None]


def noted(bootstrap: str, namespace: str, signatures: Signatures) -> list[Noted]:
    """What began of it, in its order, as the simulator's own log says.

    Raises
    ------
    ShopMismatch
        If the log has been cut where it may have said so.
    """
    wishes = {wish.control: wish.drift for wish in asked(bootstrap, namespace, signatures)}
    if not wishes:
        return []
    truth = topic_name(TRUTH, namespace)
    if any(start > 0 for start, _ in log_range(bootstrap, truth, isolation="read_uncommitted").values()):
        message = f"{truth} must be whole for a shop whose ways were switched to go on. It has been cut."
        raise ShopMismatch(message, hint=FRESH)
    found = set()
    # A note of which one partition alone has a record counts: nothing that depends on it was sent before all of them.
    for record in read_to_end(bootstrap, truth, isolation="read_uncommitted"):
        if b'"DriftBegan"' in (record.value or b""):
            with suppress(BadRecord):
                note = decode(TRUTH, record.value)
                if isinstance(note, DriftBegan) and note.control is not None:
                    name = note.drift.partition("@")[0]
                    if wishes.get(note.control, "").partition(":")[0] == name:
                        found.add(Noted(note.event_number, wishes[note.control], note.control))
    return sorted(found)


def listen(
    bootstrap: str,
    namespace: str,
    signatures: Signatures,
    after: int,
    ask: Callable[[Asked], None],
    stop: threading.Event,
) -> threading.Thread:
    """Call `ask` on a thread of its own with each wish behind offset `after`, until `stop` is set.

    A broker that is away is asked again: who sends waits for it anyway.
    """

    def run() -> None:
        last = after
        while not stop.is_set():
            reader = _Reader(signatures)
            with suppress(FreshetError, KafkaError):
                for record in _until(
                    stop, tail(bootstrap, topic_name(CONTROL, namespace), from_beginning=True)
                ):
                    wish = reader.read(record)
                    if wish is not None and wish.control > last:
                        last = wish.control
                        ask(wish)
            stop.wait(_AGAIN_S)

    thread = threading.Thread(target=run, name="control", daemon=True)
    thread.start()
    return thread


def _until(stop: threading.Event, records: Iterator[Record | None]) -> Iterator[Record]:
    for record in records:
        if stop.is_set():
            return
        if record is not None:
            yield record
