"""Bytes to events and back: the one place where foreign bytes are judged.

Whatever can't be used is a `BadRecord` with one of `REASONS`; no other exception leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias, get_args

import msgspec

from contracts.bounds import PRINTABLE
from contracts.errors import BadRecord
from contracts.events import UserEvent
from contracts.topics import PRODUCT_EVENTS, TOPICS, USER_EVENTS, Topic
from contracts.views import EventHead, OutcomeLosses, PredictionAnswers, PredictionHead

__all__ = ["DEEPEST", "NOT_SIGNED", "REASONS", "decode", "decode_user_event", "encode", "rfc3339", "time_ms"]

# Deeper than any event, and shallow enough that the parser's own limit is never met: that one counts the frames of
# the caller too, so a worker and the fold at its recovery could judge the same bytes differently.
DEEPEST: Final = 64
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))

NOT_SIGNED: Final = "not-signed"
REASONS: Final = {
    "empty": "the record has no value",
    "not-utf8": "the bytes are not UTF-8",
    "not-json": "the bytes are not one JSON value",
    "too-deep": f"the JSON is nested deeper than {DEEPEST} levels",
    "unknown-type": "no event has this type",
    "not-an-event": "a field is missing, of the wrong type or out of its range",
    "no-such-time": "the time is not one that exists",
    "too-far-ahead": "the time is more than a day ahead of the partition's clock",
    NOT_SIGNED: "it changes models, and was not signed by this installation for this log, or was taken before",
}

_EVENTS: Final = (
    USER_EVENTS.name,
    PRODUCT_EVENTS.name,
)  # their ids have patterns, and their other texts are free
_FREE: Final = ("reason",)  # all other texts of records are names
_is_printable: Final = re.compile(PRINTABLE).match
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

encode = msgspec.json.Encoder().encode
_Decoder: TypeAlias = msgspec.json.Decoder[Any]
_VIEWS: Final = (EventHead, OutcomeLosses, PredictionAnswers, PredictionHead)


def _times_of(kind: Any) -> tuple[str, ...]:
    return tuple(name for name in ("time", "settled_time") if name in kind.__struct_fields__)


_decoders: Final[dict[str, _Decoder]] = {
    topic.name: msgspec.json.Decoder(topic.record) for topic in TOPICS if topic.record is not None
}
_view_decoders: Final[dict[type, _Decoder]] = {view: msgspec.json.Decoder(view) for view in _VIEWS}
_TIMES: Final[dict[type, tuple[str, ...]]] = {
    kind: _times_of(kind)
    for topic in TOPICS
    if topic.record is not None
    for kind in (get_args(topic.record) or (topic.record,))
} | {view: _times_of(view) for view in _VIEWS}


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


def _decode(decoder: _Decoder, value: bytes | None) -> Any:
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


def decode(topic: Topic, value: bytes | None, view: type | None = None) -> Any:
    """One record of a topic, judged by what its declaration says.

    Parameters
    ----------
    topic : Topic
        One with a `record`.
    value : bytes or None
        As it stood there.
    view : type, optional
        One of `contracts.views`: only its fields are read.

    Returns
    -------
    Any
        Of the topic's `record`, or of `view`: every field within its bounds, every time one that exists.

    Raises
    ------
    BadRecord
        With one of `REASONS`.
    """
    record = _decode(_decoders[topic.name] if view is None else _view_decoders[view], value)
    for name in _TIMES[type(record)]:
        _existing_ms(getattr(record, name))
    if (
        topic.name not in _EVENTS
        and not _is_plain(value or b"")
        and not all(map(_is_printable, _names_in(record)))
    ):
        raise BadRecord("not-an-event", "a name in it has a control character")
    return record


def _is_plain(value: bytes) -> bool:
    """Whether no text in it can have a control character: JSON has them escaped, but for these."""
    return b"\\" not in value and b"\x7f" not in value and value.isascii()


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names_in(inner)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name not in _FREE:
                yield from _names_in(getattr(value, name))


def decode_user_event(value: bytes | None) -> tuple[UserEvent, int]:
    """One record of ``shop.user-events`` with its event time, milliseconds since 1970; else as `decode`."""
    event: UserEvent = _decode(_decoders[USER_EVENTS.name], value)
    return event, _existing_ms(event.time)


def _existing_ms(time: str) -> int:
    try:
        return time_ms(time)
    except ValueError as error:
        raise BadRecord("no-such-time", f"{time}: {error}") from error
