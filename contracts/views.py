"""A part of a record, for readers that want no more of it: what they do not name is not looked at, and costs nothing.

Each field is bounded as in the record itself; a test holds them to that.
"""

from __future__ import annotations

from msgspec import Struct

from contracts.bounds import Answers, Count, Id, Label, Losses, ModelName, Name, Partition, Time

__all__ = ["EventHead", "OutcomeLosses", "PredictionAnswers", "PredictionHead"]


class EventHead(Struct, gc=False):
    """Of any event, its id and type."""

    id: Id
    type: Id


class PredictionHead(Struct, kw_only=True, tag_field="type", tag="Prediction", gc=False):
    """Of a prediction the task and who answered."""

    task: Name
    partition: Partition
    model: ModelName | None


class PredictionAnswers(Struct, kw_only=True, tag_field="type", tag="Prediction", gc=False):
    """Of a prediction what is scored where no label ever comes."""

    task: Name
    partition: Partition
    offset: Count
    event_id: Name
    session_id: Name
    time: Time
    answers: Answers
    model: ModelName | None


class OutcomeLosses(Struct, kw_only=True, tag_field="type", tag="Outcome", gc=False):
    """Of an outcome what the gate looks at."""

    task: Name
    partition: Partition
    offset: Count
    session_id: Name
    settled_time: Time
    label: Label | None
    losses: Losses
