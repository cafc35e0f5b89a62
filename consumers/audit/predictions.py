"""Predictions: each decision point is answered once by each task that is asked of it."""

from __future__ import annotations

from consumers.audit.outputs import Seen, Sources, fields_of
from consumers.audit.refold import content_hash
from consumers.audit.stream import CommittedStream

__all__ = ["check_predictions"]

_MUST = {
    "task": str,
    "offset": int,
    "event_id": str,
    "session_id": str,
    "answers": dict,
    "features": dict,
    "served": object,
}


def check_predictions(stream: CommittedStream, at: Sources) -> None:
    """Each decision point was answered once by each task that is asked, and with the values of the fold."""
    expected, report, refold = at.expected, at.report, at.refold
    seen = Seen(stream, report, "prediction")
    for record, fields in fields_of(stream, report, **_MUST):
        task, offset = fields["task"], fields["offset"]
        if offset >= report.end or not seen.add(record, (task, offset), offset) or not at.is_audited(offset):
            continue
        report.predictions += 1
        point = expected.points.get(offset)
        if expected.is_unknown(offset):
            pass
        elif point is None or task not in point.tasks:
            what = f"no prediction of {task} belongs to offset {offset}"
            report.found("duplicate", stream.topic, record.offset, what)
            continue
        elif (fields["event_id"], fields["session_id"]) != (point.event_id, point.visit):
            what = f"must name event {point.event_id!r} and visit {point.visit!r} of offset {offset}"
            report.found("missing", stream.topic, record.offset, what)
        if problem := at.quarantines.problem(task, offset, fields["answers"]):
            report.found("missing", stream.topic, record.offset, problem)
        if refold and refold.predictions.get((task, offset), content := content_hash(fields)) != content:
            what = f"{task} for offset {offset} has other values than folding the log again gives"
            report.found("missing", stream.topic, record.offset, what)
    seen.finish()
    for offset, point in expected.points.items():
        if offset >= max(seen.whole_from, report.start) and not expected.is_unknown(offset):
            for task in point.tasks:
                if (task, offset) not in seen:
                    what = f"no prediction of {task} on {stream.topic}"
                    report.found("missing", at.main, offset, what)
