"""Small recorded shops, written for a test."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from contracts.codec import decode_user_event
from contracts.events import UserEvent
from contracts.topics import USER_EVENTS
from producers.replay import COLUMNS, RecordedFile, Replay


class Line(NamedTuple):
    """One row, a good one unless a test says otherwise."""

    invoice: str = "536365"
    product: str = "85123A"
    name: str = "LANTERN"
    quantity: str = "6"
    date: str = "2010-12-01 08:26:00"
    price: str = "2.50"
    customer: str = "17850.0"
    country: str = "United Kingdom"


def as_csv(lines: Iterable[Sequence[str]], header: Sequence[str] = COLUMNS) -> str:
    """The rows below a header."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *lines])
    return text.getvalue()


def recorded(folder: Path, *lines: Sequence[str], content: bytes | None = None) -> RecordedFile:
    """A file of these rows, or of this very content."""
    path = folder / "shop.csv"
    path.write_bytes(as_csv(lines).encode() if content is None else content)
    return RecordedFile(path)


def user_events(replay: Replay, partition: int = 0) -> list[UserEvent]:
    """What a worker of this partition reads."""
    return [
        decode_user_event(emission.value)[0]
        for emission in replay
        if emission.topic == USER_EVENTS.name and emission.partition == partition
    ]
