"""What a run has to read: from the ledger to the last stable offset, or why that can't be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.settings import Settings
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, USER_EVENTS, Topic, topic_name
from infra.kafka import log_range, topic_id
from infra.postgres import Database, queries
from spark_jobs.errors import MartsMismatch, OffsetsLost, TopicRemade

__all__ = ["READ", "Entry", "Span", "history", "plan", "read_ledger"]

# In this order the ends are asked for: what is on a topic refers to records of those after it, which then are there.
READ: Final = (OUTCOMES, FEATURES, PREDICTIONS, USER_EVENTS, PRODUCT_EVENTS)

_START_OVER: Final = (
    "To start over: an empty database (`freshet models export` keeps models), or demo --fresh."
)


@dataclass(frozen=True)
class Entry:
    """How far one partition has been moved."""

    topic_id: str
    next_offset: int
    ticked_at: datetime | None


@dataclass(frozen=True)
class Span:
    """Offsets [start, end) of one partition; `begins`: it was never moved before."""

    topic: str
    partition: int
    topic_id: str
    start: int
    end: int
    begins: bool
    ticked_at: datetime | None


def read_ledger(database: Database) -> dict[tuple[str, int], Entry]:
    """The ledger by topic and partition."""
    with database.transaction() as connection:
        rows = connection.execute(queries("marts")["ledger"]).fetchall()
    return {(row[0], row[1]): Entry(*row[2:]) for row in rows}


def plan(settings: Settings, ledger: Mapping[tuple[str, int], Entry]) -> dict[Topic, list[Span]]:
    """Spans of every partition of every topic that is read, also those with nothing new.

    Raises
    ------
    OffsetsLost
        If the log has lost what was not moved yet, or ends before what was.
    TopicRemade
        If a topic has another id than when it was moved.
    MartsMismatch
        If the ledger is of other topics.
    contracts.errors.FreshetError
        If a topic is not there.
    """
    names = _names(settings, ledger)
    return {topic: _spans(settings.bootstrap, name, ledger) for topic, name in names.items()}


def history(settings: Settings, ledger: Mapping[tuple[str, int], Entry]) -> dict[Topic, list[Span]]:
    """Spans of the features and of the main input, from the log's beginning to the last stable offset.

    Of the ledger it asks only whether it is the same log.

    Raises
    ------
    OffsetsLost
        If the main input does not begin at offset 0: a fold that starts in the middle is another one.
    TopicRemade, MartsMismatch
        As `plan`.
    contracts.errors.FreshetError
        If a topic is not there.
    """
    names = _names(settings, ledger)
    found = {topic: _spans(settings.bootstrap, names[topic], {}) for topic in (FEATURES, USER_EVENTS)}
    for span in (*found[FEATURES], *found[USER_EVENTS]):
        _hold_to_id(ledger.get((span.topic, span.partition)), span.topic, span.topic_id)
    for span in found[USER_EVENTS]:
        if span.start > 0:
            message = (
                f"{span.topic}/{span.partition} must be folded from offset 0 on. The log begins at {span.start}: "
                f"offsets 0 to {span.start - 1} are lost, and features of a fold that starts later would be others."
            )
            hint = "What was logged meanwhile is in the marts: freshet etl"
            raise OffsetsLost(message, topic=span.topic, partition=span.partition, offset=0, hint=hint)
    return found


def _names(settings: Settings, ledger: Mapping[tuple[str, int], Entry]) -> dict[Topic, str]:
    names = {topic: topic_name(topic, settings.namespace) for topic in READ}
    if others := sorted({topic for topic, _ in ledger} - set(names.values())):
        message = f"The marts must be those of namespace {settings.namespace!r}. They hold what came from {others[0]}."
        raise MartsMismatch(message, hint="Name the namespace with FRESHET_NAMESPACE, or another database.")
    return names


def _hold_to_id(entry: Entry | None, topic: str, found: str) -> None:
    if entry is not None and entry.topic_id != found:
        message = f"{topic} must be the topic with id {entry.topic_id}. It was made again, with id {found}."
        raise TopicRemade(message, topic=topic, hint=_START_OVER)


def _spans(bootstrap: str, topic: str, ledger: Mapping[tuple[str, int], Entry]) -> list[Span]:
    ranges = log_range(bootstrap, topic)
    found = topic_id(bootstrap, topic)
    spans = []
    for partition, (first, end) in sorted(ranges.items()):
        entry = ledger.get((topic, partition))
        if entry is None:
            spans.append(Span(topic, partition, found, first, end, True, None))
            continue
        _hold_to_id(entry, topic, found)
        if not first <= entry.next_offset <= end:
            lost = (
                f"offsets {entry.next_offset} to {first - 1} are lost"
                if entry.next_offset < first
                else f"it ends at {end}, before what was moved"
            )
            message = (
                f"{topic}/{partition} must be moved from offset {entry.next_offset} on. The log has offsets "
                f"{first} to {end}: {lost}."
            )
            raise OffsetsLost(
                message, topic=topic, partition=partition, offset=entry.next_offset, hint=_START_OVER
            )
        spans.append(Span(topic, partition, found, entry.next_offset, end, False, entry.ticked_at))
    return spans
