"""A dead letter, read: where it came from, why, and what to make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contracts.codec import REASONS
from contracts.dead_letters import said_by

if TYPE_CHECKING:
    from infra.kafka import Record

__all__ = ["DeadLetter", "read_dead_letter"]


class DeadLetter(NamedTuple):
    """One record of ``dead-letters``.

    Parameters
    ----------
    partition, offset : int
        Where the letter stands.
    source : str
        ``topic/partition at offset`` of the record that could not be used.
    reason, detail : str
        Why, in short and exactly.
    meaning : str
        The reason in words.
    group : str
        Who could not use it.
    appended_ms : int
        When it was written, by the broker's clock.
    key, value : bytes or None
        Untouched.
    """

    partition: int
    offset: int
    source: str
    reason: str
    detail: str
    meaning: str
    group: str
    appended_ms: int
    key: bytes | None
    value: bytes | None


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of ``dead-letters``; one without our headers is shown all the same."""
    said = said_by(record.headers)

    def of(name: str) -> str:
        return said.get(name, "unknown")

    reason = of("exception.class.name")
    return DeadLetter(
        record.partition,
        record.offset,
        f"{of('topic')}/{of('partition')} at {of('offset')}",
        reason,
        of("exception.message"),
        REASONS.get(reason, "this version of Freshet does not know the reason"),
        of("group"),
        record.timestamp_ms,
        record.key,
        record.value,
    )
