"""Where an event lies, what was answered to it, how its labels came, and in which transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from contracts.codec import decode, decode_user_event
from contracts.dead_letters import said_by
from contracts.errors import BadRecord, UsageError
from contracts.events import UserEvent
from contracts.journal import turn_of
from contracts.records import Features, JournalRecord, Outcome, Prediction
from contracts.topics import (
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    OUTCOMES,
    PREDICTIONS,
    USER_EVENTS,
    Topic,
    topic_name,
)
from infra.kafka import Record, offsets_from, read_to_end
from models.belief import OF_ANY_TIME, believed

__all__ = ["AskedTask", "Trace", "Turn", "trace"]

R = TypeVar("R", Prediction, Features, Outcome)


@dataclass(frozen=True)
class Turn:
    """The transaction in which a record was dealt with.

    Parameters
    ----------
    generation, turn, start, end, chain : int, int, int, int, str
        As the journal says: see `contracts.records.JournalRecord`.
    journal_offset : int
        Where it says so.
    origin, fingerprint : int, str
        Of its generation: the first offset of the state, and the code that made it.
    """

    generation: int
    turn: int
    start: int
    end: int
    chain: str
    journal_offset: int
    origin: int
    fingerprint: str


@dataclass(frozen=True)
class AskedTask:
    """What one task made of the event.

    Parameters
    ----------
    prediction : Prediction
        What was answered.
    features : Features or None
        What was seen; None where ``ml.features`` no longer has it.
    outcome : Outcome or None
        The label, and the losses of all answers; None while it has not come.
    learnt_in : Turn or None
        The transaction in which the label was learnt.
    """

    prediction: Prediction
    features: Features | None
    outcome: Outcome | None
    learnt_in: Turn | None


@dataclass(frozen=True)
class Trace:
    """All that the topics have of one event.

    Parameters
    ----------
    record : Record
        As it stands in the main input.
    event : UserEvent
        What it says.
    turn : Turn or None
        The transaction that dealt with it; None where no learner has come so far.
    dead_letter : str or None
        Why it was put aside, where it was.
    tasks : list of AskedTask
        Those that were asked of it, in their order.
    """

    record: Record
    event: UserEvent
    turn: Turn | None
    dead_letter: str | None
    tasks: list[AskedTask] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As ``freshet trace --json`` prints it."""
        made: dict[str, Any] = msgspec.to_builtins(
            {
                "topic": self.record.topic,
                "partition": self.record.partition,
                "offset": self.record.offset,
                "appended_ms": self.record.timestamp_ms,
                "event": self.event,
                "turn": self.turn,
                "dead_letter": self.dead_letter,
                "tasks": self.tasks,
            }
        )
        return made


def trace(bootstrap: str, group: str, namespace: str, event_id: str) -> Trace:
    """Follow one event.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    group : str
        Of the learners.
    event_id : str
        Of the event. Where two records have the same id, the first one is followed.

    Raises
    ------
    UsageError
        If the main input has no such event.
    """
    record, event = _find(bootstrap, topic_name(USER_EVENTS, namespace), event_id)
    partition, offset = record.partition, record.offset

    def records(topic: Topic) -> Iterator[Record]:
        # What is written about a record is appended after it, by the broker's clock.
        at = topic_name(topic, namespace, group)
        start = offsets_from(bootstrap, at, {partition: record.timestamp_ms})
        return read_to_end(bootstrap, at, start=start, partitions=[partition])

    turns = [
        (r.offset, turn)
        for r in read_to_end(bootstrap, topic_name(JOURNAL, namespace, group), partitions=[partition])
        if (turn := turn_of(r.key, r.value, group, partition)) is not None
    ]
    predictions = _about(records(PREDICTIONS), PREDICTIONS, offset, Prediction)
    seen = {one.task: one for one in _about(records(FEATURES), FEATURES, offset, Features)}
    outcomes = {one.task: one for one in _about(records(OUTCOMES), OUTCOMES, offset, Outcome)}
    main, letters = topic_name(USER_EVENTS, namespace), (said_by(r.headers) for r in records(DEAD_LETTERS))
    of_it = {"topic": main, "group": group, "partition": str(partition), "offset": str(offset)}
    reason = next((said["exception.class.name"] for said in letters if of_it.items() <= said.items()), None)
    tasks = []
    for one in predictions:
        outcome = outcomes.get(one.task)
        learnt = None if outcome is None else _turn_with(turns, outcome.settled_offset)
        tasks.append(AskedTask(one, seen.get(one.task), outcome, learnt))
    return Trace(record, event, _turn_with(turns, offset), reason, tasks)


def _find(bootstrap: str, topic: str, event_id: str) -> tuple[Record, UserEvent]:
    wanted = event_id.encode()
    for record in read_to_end(bootstrap, topic):
        if wanted in (record.value or b""):
            try:
                event, _ = decode_user_event(record.value)
            except BadRecord:
                continue
            if event.id == event_id:
                return record, event
    message = f"There must be an event {event_id!r}. There is none on {topic}."
    raise UsageError(
        message, hint="`freshet watch` shows the ids of events; old records are deleted in time."
    )


def _about(records: Iterable[Record], topic: Topic, offset: int, kind: type[R]) -> list[R]:
    """The records about the event at an offset; those that are not ours are passed over."""
    wanted, found = b'"offset":%d,' % offset, []
    for record in records:
        if wanted not in (record.value or b""):
            continue
        try:
            told = believed(decode(topic, record.value), record.partition, OF_ANY_TIME)
        except BadRecord:
            continue
        if isinstance(told, kind) and told.offset == offset:
            found.append(told)
    return found


def _turn_with(turns: list[tuple[int, JournalRecord]], offset: int) -> Turn | None:
    """The turn that dealt with the record at `offset`."""
    for at, one in reversed(turns):
        if one.start <= offset < one.end:
            return Turn(
                one.generation, one.turn, one.start, one.end, one.chain, at, one.origin, one.fingerprint
            )
    return None
