"""Predictions and their features: each decision point has one of each, for each task that is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from consumers.audit.outputs import Problem, Seen, Sources, fields_of
from consumers.audit.stream import CommittedStream
from contracts.topics import FEATURES, PREDICTIONS, Topic

__all__ = ["check_features", "check_predictions"]

_Judge: TypeAlias = Callable[[Sources, dict[str, Any]], str | None]


def check_predictions(stream: CommittedStream, at: Sources) -> None:
    """Each decision point was answered once by each task that is asked, and with the values of the fold."""
    at.report.predictions += _check(PREDICTIONS, "prediction", _prediction_problem, stream, at)


def check_features(stream: CommittedStream, at: Sources) -> None:
    """What each task saw of each decision point was told once, and is what the fold sees."""
    _check(FEATURES, "features record", _features_problem, stream, at)


def _check(topic: Topic, what: str, judge: _Judge, stream: CommittedStream, at: Sources) -> int:
    """How many belong to what is audited."""
    expected, report = at.expected, at.report
    seen = Seen(stream, report, what)
    records = 0
    for record, fields in fields_of(topic, stream, at):
        task, offset = fields["task"], fields["offset"]
        # Of a visit that ends behind what is audited.
        is_to_come = offset >= report.end or (task, offset) in expected.to_come
        if (
            is_to_come
            or not seen.add(record, (task, offset), _asked_at(at, fields))
            or not at.is_audited(offset)
        ):
            continue
        records += 1
        if problem := _problem(at, fields, what, judge):
            report.found(problem.kind, stream.topic, record.offset, problem.what)
    seen.finish()
    for offset, point in sorted(expected.points.items()):
        if not expected.is_unknown(offset):
            for task, by in point.asked.items():
                if by >= seen.whole_from and (task, offset) not in seen:
                    report.found("missing", at.main, offset, f"no {what} of {task} on {stream.topic}")
    return records


def _asked_at(at: Sources, fields: dict[str, Any]) -> int:
    """Offset of the record at which a task was asked: not that of its event where a visit had to end first."""
    offset: int = fields["offset"]
    point = at.expected.points.get(offset)
    return offset if point is None else point.asked.get(fields["task"], offset)


def _problem(at: Sources, fields: dict[str, Any], what: str, judge: _Judge) -> Problem | None:
    task, offset = fields["task"], fields["offset"]
    if not at.expected.is_unknown(offset):
        point = at.expected.points.get(offset)
        if point is None or task not in point.asked:
            return Problem("duplicate", f"no {what} of {task} belongs to offset {offset}")
        must = {"event_id": point.event_id, "session_id": point.visit}
        if any(fields.get(name, value) != value for name, value in must.items()):
            said = f"must name event {point.event_id!r} and visit {point.visit!r} of offset {offset}"
            return Problem("missing", said)
    wrong = judge(at, fields)
    return Problem("missing", wrong) if wrong else None


def _prediction_problem(at: Sources, fields: dict[str, Any]) -> str | None:
    model = fields["model"]
    if fields["prediction"] != fields["answers"].get(model):
        return f"must predict what {model} answers, {fields['answers'].get(model)}. It is {fields['prediction']}."
    broke = at.quarantines.problem(fields["task"], _asked_at(at, fields), fields["answers"])
    return broke or at.value_problem("predictions", fields)


def _features_problem(at: Sources, fields: dict[str, Any]) -> str | None:
    return at.value_problem("features", fields)
