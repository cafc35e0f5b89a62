"""Predictions: each decision point is answered once by each task that is asked of it."""

from __future__ import annotations

from typing import Any

from consumers.audit.outputs import Problem, Seen, Sources, fields_of
from consumers.audit.stream import CommittedStream
from contracts.topics import PREDICTIONS

__all__ = ["check_predictions"]


def check_predictions(stream: CommittedStream, at: Sources) -> None:
    """Each decision point was answered once by each task that is asked, and with the values of the fold."""
    expected, report = at.expected, at.report
    seen = Seen(stream, report, "prediction")
    for record, fields in fields_of(PREDICTIONS, stream, at):
        task, offset = fields["task"], fields["offset"]
        if offset >= report.end or not seen.add(record, (task, offset), offset) or not at.is_audited(offset):
            continue
        report.predictions += 1
        if problem := _problem(at, fields):
            report.found(problem.kind, stream.topic, record.offset, problem.what)
    seen.finish()
    for offset, point in sorted(expected.points.items()):
        if offset >= seen.whole_from and not expected.is_unknown(offset):
            for task in point.tasks:
                if (task, offset) not in seen:
                    what = f"no prediction of {task} on {stream.topic}"
                    report.found("missing", at.main, offset, what)


def _problem(at: Sources, fields: dict[str, Any]) -> Problem | None:
    task, offset = fields["task"], fields["offset"]
    if not at.expected.is_unknown(offset):
        point = at.expected.points.get(offset)
        if point is None or task not in point.tasks:
            return Problem("duplicate", f"no prediction of {task} belongs to offset {offset}")
        if (fields["event_id"], fields["session_id"]) != (point.event_id, point.visit):
            what = f"must name event {point.event_id!r} and visit {point.visit!r} of offset {offset}"
            return Problem("missing", what)
    if wrong := at.quarantines.problem(task, offset, fields["answers"]):
        return Problem("missing", wrong)
    differs = at.value_problem("predictions", fields)
    return Problem("missing", differs) if differs else None
