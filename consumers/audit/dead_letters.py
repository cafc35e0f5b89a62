"""Dead letters: each record that is no event lies there once, untouched."""

from __future__ import annotations

from consumers.audit.expected import hash_of
from consumers.audit.outputs import Seen, Sources
from consumers.audit.stream import CommittedStream
from contracts.codec import NOT_SIGNED
from contracts.dead_letters import said_by

__all__ = ["check_dead_letters"]


def _is_offset(text: str) -> bool:
    # Python reads digits of other scripts as numbers, and refuses thousands of them.
    return text.isascii() and text.isdecimal() and len(text) < 20


def check_dead_letters(stream: CommittedStream, at: Sources) -> None:
    """Each record that is no event lies in dead-letters once, untouched."""
    expected, report = at.expected, at.report
    seen = Seen(stream, report, "dead letter")
    for record in stream.records():
        said = said_by(record.headers)
        stood = said.get("offset", "")
        if (said.get("topic"), said.get("group")) != (at.main, at.group) or not _is_offset(stood):
            continue  # somebody else's
        offset = int(stood)
        if (
            offset >= report.end
            or not seen.add(record, ("letter", offset), offset)
            or not at.is_audited(offset)
        ):
            continue
        report.dead_letters += 1
        letter = expected.dead_letters.get(offset)
        if letter is None:
            if not expected.is_unknown(offset):
                what = (
                    f"offset {offset} is an event and no dead letter ({said.get('exception.class.name', '')})"
                )
                report.found("duplicate", stream.topic, record.offset, what)
        elif letter.untouched != hash_of(record.key, record.value):
            report.found(
                "missing", stream.topic, record.offset, f"key or bytes differ from those at offset {offset}"
            )
    seen.finish()
    # Code of before took what was not signed, and wrote no dead letter for it.
    asked_since = at.refold.since if at.refold is not None else report.end
    for offset, letter in expected.dead_letters.items():
        if letter.reason == NOT_SIGNED and offset < asked_since:
            continue
        if offset >= seen.whole_from and not expected.is_unknown(offset) and ("letter", offset) not in seen:
            report.found(
                "missing", at.main, offset, f"no dead letter on {stream.topic}, but it is {letter.reason}"
            )
