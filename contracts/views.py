"""Parts of records, for readers that need no more.

Fields that are not named are not decoded, and cost nothing. Each field has the same bounds as in the full record, which
a test checks.
"""

from __future__ import annotations

from msgspec import Struct

from contracts.bounds import Answers, Count, Id, Label, Losses, ModelName, Name, Partition, Time

__all__ = ["EventHead", "OutcomeLosses", "PredictionAnswers", "PredictionHead"]


class EventHead(Struct, gc=False):
    """Id and type of any event."""

    id: Id
    type: Id


class PredictionHead(Struct, kw_only=True, tag_field="type", tag="Prediction", gc=False):
    """Task and models of a prediction."""

    task: Name
    partition: Partition
    model: ModelName | None


class PredictionAnswers(Struct, kw_only=True, tag_field="type", tag="Prediction", gc=False):
    """The part of a prediction that is scored for tasks without labels."""

    task: Name
    partition: Partition
    offset: Count
    event_id: Name
    session_id: Name
    time: Time
    answers: Answers
    model: ModelName | None


class OutcomeLosses(Struct, kw_only=True, tag_field="type", tag="Outcome", gc=False):
    """The part of an outcome that the gate uses."""

    task: Name
    partition: Partition
    offset: Count
    session_id: Name
    settled_time: Time
    label: Label | None
    losses: Losses
