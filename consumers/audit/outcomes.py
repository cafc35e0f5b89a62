"""Outcomes: each label is settled once, and is the one that the audit works out by itself."""

from __future__ import annotations

from typing import Any

from consumers.audit.outputs import Seen, Sources, fields_of
from consumers.audit.refold import content_hash
from consumers.audit.stream import CommittedStream
from infra.kafka import Record

__all__ = ["check_outcomes"]

_MUST = {"type": str, "offset": int, "event_id": str}


def check_outcomes(stream: CommittedStream, at: Sources) -> None:
    """Each settled decision point has its label once, and each late event is told once."""
    expected, report = at.expected, at.report
    seen = Seen(stream, report, "outcome")
    for record, fields in fields_of(stream, report, **_MUST):
        offset = fields["offset"]
        is_late = fields["type"] == "LateLabel"
        task, by = ("late", offset) if is_late else (fields["task"], fields["settled_offset"])
        if by >= report.end or not seen.add(record, (task, offset), by) or not at.is_audited(offset):
            continue
        if not expected.is_unknown(offset):
            _check_late(stream, at, record, fields) if is_late else _check_label(stream, at, record, fields)
        if not is_late and at.refold:
            content = content_hash(fields)
            if at.refold.outcomes.get((task, offset), content) != content:
                what = f"{task} for offset {offset} has other values than folding the log again gives"
                report.found("label", stream.topic, record.offset, what)
    seen.finish()
    for offset, point in expected.points.items():
        if point.settled and point.settled.offset >= seen.whole_from and not expected.is_unknown(offset):
            for task in point.tasks:
                if (task, offset) not in seen:
                    what = f"no outcome of {task} on {stream.topic}: {point.settled.why} at {point.settled.offset}"
                    report.found("missing", at.main, offset, what)
    for offset in expected.late:
        if offset >= seen.whole_from and not expected.is_unknown(offset) and ("late", offset) not in seen:
            report.found("missing", at.main, offset, f"late, but not told on {stream.topic}")


def _check_late(stream: CommittedStream, at: Sources, record: Record, fields: dict[str, Any]) -> None:
    if at.expected.late.get(fields["offset"]) != fields["event_id"]:
        what = f"offset {fields['offset']} (event {fields['event_id']!r}) was not late"
        at.report.found("duplicate", stream.topic, record.offset, what)


def _check_label(stream: CommittedStream, at: Sources, record: Record, fields: dict[str, Any]) -> None:
    task, offset = fields["task"], fields["offset"]
    point = at.expected.points.get(offset)
    if point is None or task not in point.tasks or point.settled is None:
        what = f"no outcome of {task} belongs to offset {offset}"
        at.report.found("duplicate", stream.topic, record.offset, what)
        return
    must = (point.settled.label(task), point.settled.why, point.settled.offset)
    was = (fields["label"], fields["why"], fields["settled_offset"])
    if was != must:
        said = "{} of offset {} must be {} ({} at {}). It is {} ({} at {})."
        what = said.format(task, offset, *must, *was)
        at.report.found("label", stream.topic, record.offset, what)
