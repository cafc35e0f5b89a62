"""The headers of a dead letter: where its record stood, and why it could not be used. Written and read here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from contracts.errors import BadRecord

__all__ = ["letter_headers", "said_by"]

# Kafka Connect's names, so that tools which know those show these.
_PREFIX: Final = "__connect.errors."
# A detail quotes the record at most a little: a letter must fit its topic.
_DETAIL_CHARACTERS: Final = 512


def letter_headers(
    topic: str, partition: int, offset: int, error: BadRecord, group: str
) -> list[tuple[str, bytes]]:
    """Say where a record stood, why it can't be used, and which group of learners says so.

    Examples
    --------
    >>> letter_headers("events", 0, 41, BadRecord("empty", "no value"), "learner")[2]
    ('__connect.errors.offset', b'41')
    """
    said = {
        "topic": topic,
        "partition": str(partition),
        "offset": str(offset),
        "stage": "VALUE_CONVERTER",
        "exception.class.name": error.reason,
        "exception.message": error.detail[:_DETAIL_CHARACTERS],
        "group": group,
    }
    return [(_PREFIX + name, text.encode(errors="backslashreplace")) for name, text in said.items()]


def said_by(headers: Iterable[tuple[str, bytes | None]]) -> Mapping[str, str]:
    r"""What a letter's headers say, by name without prefix. Of several with one name the first counts.

    Ours come first: the record may carry headers of the same names.

    Examples
    --------
    >>> said_by([("__connect.errors.group", b"\xff"), ("__connect.errors.group", b"forged"), ("other", None)])
    {'group': '\\xff'}
    """
    said: dict[str, str] = {}
    for name, value in headers:
        if name.startswith(_PREFIX):
            said.setdefault(name.removeprefix(_PREFIX), (value or b"").decode("utf-8", "backslashreplace"))
    return said
