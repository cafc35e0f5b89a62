"""Outcomes: each label is settled once, and is the one that the audit works out by itself."""

from __future__ import annotations

from typing import Any, Final

from consumers.audit.outputs import Problem, Seen, Sources, fields_of
from consumers.audit.stream import CommittedStream
from contracts.topics import OUTCOMES

__all__ = ["check_outcomes"]

_LATE: Final = "LateLabel"


def check_outcomes(stream: CommittedStream, at: Sources) -> None:
    """Each settled decision point has its label once, and each late event is told once."""
    expected, report = at.expected, at.report
    seen = Seen(stream, report, "outcome")
    for record, fields in fields_of(OUTCOMES, stream, at):
        offset = fields["offset"]
        task, by = (_LATE, offset) if fields["type"] == _LATE else (fields["task"], fields["settled_offset"])
        if by >= report.end or not seen.add(record, (task, offset), by) or not at.is_audited(offset):
            continue
        problem = _late_problem(at, fields) if task == _LATE else _problem(at, fields)
        if problem:
            report.found(problem.kind, stream.topic, record.offset, problem.what)
    seen.finish()
    for offset, point in sorted(expected.points.items()):
        for task, settled in point.settled.items():
            if (
                settled.offset >= seen.whole_from
                and not expected.is_unknown(offset)
                and (task, offset) not in seen
            ):
                what = f"no outcome of {task} on {stream.topic}: {settled.why} at {settled.offset}"
                report.found("missing", at.main, offset, what)
    for offset in sorted(expected.late):
        if offset >= seen.whole_from and not expected.is_unknown(offset) and (_LATE, offset) not in seen:
            report.found("missing", at.main, offset, f"late, but not told on {stream.topic}")


def _late_problem(at: Sources, fields: dict[str, Any]) -> Problem | None:
    offset = fields["offset"]
    if at.expected.is_unknown(offset) or at.expected.late.get(offset) == fields["event_id"]:
        return None
    return Problem("duplicate", f"event {fields['event_id']!r} at offset {offset} was not late")


def _problem(at: Sources, fields: dict[str, Any]) -> Problem | None:
    task, offset = fields["task"], fields["offset"]
    if not at.expected.is_unknown(offset):
        point = at.expected.points.get(offset)
        if point is None or (settled := point.settled.get(task)) is None:
            return Problem("duplicate", f"no outcome of {task} belongs to offset {offset}")
        must = tuple(settled)
        was = (fields["label"], fields["why"], fields["settled_offset"])
        if was != must:
            said = "{} of offset {} must be {} ({} at {}). It is {} ({} at {})."
            return Problem("label", said.format(task, offset, *must, *was))
        if (fields["event_id"], fields["session_id"]) != (point.event_id, point.visit):
            what = f"must name event {point.event_id!r} and visit {point.visit!r} of offset {offset}"
            return Problem("label", what)
    differs = at.value_problem("outcomes", fields)
    return Problem("label", differs) if differs else None
