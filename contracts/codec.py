"""Bytes to events and back: the one place where foreign bytes are judged.

Whatever can't be used is a `BadRecord` with one of `REASONS`; no other exception leaves this module.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

from contracts.errors import BadRecord
from contracts.events import ProductEvent, UserEvent
from contracts.records import OutcomeRecord, Prediction, TruthRecord

__all__ = [
    "DEEPEST",
    "REASONS",
    "decode_outcome",
    "decode_prediction",
    "decode_product_event",
    "decode_truth",
    "decode_user_event",
    "encode",
    "rfc3339",
    "time_ms",
]

# Deeper than any event, and shallow enough that the parser's own limit is never met: that one counts the frames of
# the caller too, so a worker and the fold at its recovery could judge the same bytes differently.
DEEPEST: Final = 64
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))

REASONS: Final = {
    "empty": "the record has no value",
    "not-utf8": "the bytes are not UTF-8",
    "not-json": "the bytes are not one JSON value",
    "too-deep": f"the JSON is nested deeper than {DEEPEST} levels",
    "unknown-type": "no event has this type",
    "not-an-event": "a field is missing, of the wrong type or out of its range",
    "no-such-time": "the time is not one that exists",
    "too-far-ahead": "the time is more than a day ahead of the partition's clock",
}

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

encode = msgspec.json.Encoder().encode
_user_events = msgspec.json.Decoder(UserEvent)
_product_events: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ProductEvent)
_predictions = msgspec.json.Decoder(Prediction)
_outcomes: msgspec.json.Decoder[Any] = msgspec.json.Decoder(OutcomeRecord)
_truths: msgspec.json.Decoder[Any] = msgspec.json.Decoder(TruthRecord)


@lru_cache(maxsize=4096)
def _minute_ms(minute: str) -> int:
    return int((datetime.fromisoformat(minute).replace(tzinfo=UTC) - _EPOCH).total_seconds()) * 1000


def time_ms(text: str) -> int:
    """Event time in milliseconds since 1970, of a text in the form of `contracts.events.Time`.

    Raises
    ------
    ValueError
        If there is no such day or hour.

    Examples
    --------
    >>> time_ms("1970-01-02T00:00:01.007Z")
    86401007
    """
    return _minute_ms(text[:16]) + int(text[17:19]) * 1000 + int(text[20:23])


@lru_cache(maxsize=4096)
def _minute_text(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M")


def rfc3339(ms: int) -> str:
    """Milliseconds since 1970 as the text that events carry.

    Examples
    --------
    >>> rfc3339(86401007)
    '1970-01-02T00:00:01.007Z'
    """
    minute, rest = divmod(ms, 60_000)
    return f"{_minute_text(minute)}:{rest // 1000:02d}.{rest % 1000:03d}Z"


def _is_too_deep(value: bytes) -> bool:
    unescaped = value.replace(rb"\\", b"").replace(rb"\"", b"")
    outside_strings = b"".join(unescaped.split(b'"')[::2])
    depth = 0
    for byte in outside_strings.translate(None, _NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _shortened(detail: str) -> str:
    # The parser quotes an unknown type in full. The detail goes into a header of the dead letter, which with the
    # record itself must fit into what its topic takes.
    return detail if len(detail) <= 300 else detail[:299] + "…"


def _decode(decoder: msgspec.json.Decoder[T], value: bytes | None) -> T:
    if not value:
        raise BadRecord("empty", REASONS["empty"])
    # Counting costs 0.1 us; an ordinary event has two braces.
    if value.count(b"[") + value.count(b"{") > DEEPEST and _is_too_deep(value):
        raise BadRecord("too-deep", REASONS["too-deep"])
    try:
        # The parser does not look into the strings of unknown fields, and our readers would fail on them.
        if not value.isascii():
            value.decode()
        return decoder.decode(value)
    except msgspec.ValidationError as error:
        reason = "unknown-type" if str(error).startswith("Invalid value '") else "not-an-event"
        raise BadRecord(reason, _shortened(str(error))) from error
    except UnicodeDecodeError as error:
        raise BadRecord(
            "not-utf8", f"byte {value[error.start]:#04x} at {error.start}: {error.reason}"
        ) from error
    except msgspec.DecodeError as error:
        raise BadRecord("not-json", str(error)) from error


def decode_user_event(value: bytes | None) -> tuple[UserEvent, int]:
    """One record of ``shop.user-events``.

    Parameters
    ----------
    value : bytes or None
        As it stood on the topic.

    Returns
    -------
    event : UserEvent
        With every number in its range.
    time_ms : int
        Its event time, milliseconds since 1970.

    Raises
    ------
    BadRecord
        With one of `REASONS`.
    """
    event = _decode(_user_events, value)
    try:
        return event, time_ms(event.time)
    except ValueError as error:
        raise BadRecord("no-such-time", f"{event.time}: {error}") from error


def decode_product_event(value: bytes | None) -> tuple[ProductEvent, int]:
    """One record of ``shop.product-events``; as `decode_user_event`."""
    event = _decode(_product_events, value)
    try:
        return event, time_ms(event.time)
    except ValueError as error:
        raise BadRecord("no-such-time", f"{event.time}: {error}") from error


def decode_prediction(value: bytes | None) -> Prediction:
    """One record of ``ml.predictions``; raises `BadRecord`."""
    return _decode(_predictions, value)


def decode_outcome(value: bytes | None) -> OutcomeRecord:
    """One record of ``ml.outcomes``; raises `BadRecord`."""
    record: OutcomeRecord = _decode(_outcomes, value)
    return record


def decode_truth(value: bytes | None) -> TruthRecord:
    """One record of ``shop.truth``; raises `BadRecord`."""
    record: TruthRecord = _decode(_truths, value)
    return record
