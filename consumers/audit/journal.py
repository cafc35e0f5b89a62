"""Whether the journal of a worker is whole, and ends in what the group has committed."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from consumers.audit.report import PartitionReport
from contracts.journal import turn_of
from contracts.records import JournalRecord
from infra.kafka import Committed, Record

__all__ = ["Entry", "check_journal"]


class Entry(NamedTuple):
    """One turn, as the journal says."""

    at: int
    generation: int
    turn: int
    start: int
    end: int
    origin: int
    chain: str
    topic_id: str
    fingerprint: str
    parent: dict[str, Any] | None

    @classmethod
    def of(cls, offset: int, turn: JournalRecord) -> Entry:
        """Of the turn that stands at an offset."""
        said = msgspec.to_builtins(turn)
        return cls(offset, **{name: said[name] for name in cls._fields if name != "at"})


def check_journal(
    topic: str,
    group: str,
    records: list[Record],
    committed: Committed | None,
    topic_id: str,
    report: PartitionReport,
) -> list[Entry]:
    """Check one worker's journal.

    Parameters
    ----------
    topic : str
        The journal's name.
    group : str
        Of the learners.
    records : list of Record
        All that are committed.
    committed : Committed or None
        The group's offset of the partition, taken before the journal was read.
    topic_id : str
        Of the main input as it is there now.
    report : PartitionReport
        Takes the findings.

    Returns
    -------
    list of Entry
        The turns up to the committed one, of this log.
    """
    entries: list[Entry] = []
    for record in records:
        turn = turn_of(record.key, record.value, group, report.partition)
        if turn is None:
            report.pass_over(topic)
        else:
            entries.append(Entry.of(record.offset, turn))
    entries = _up_to(topic, entries, committed, report)
    for before, after in zip(entries, entries[1:], strict=False):
        _check_pair(topic, before, after, report)
    if entries and entries[0].at == 0 and entries[0].turn != 1:
        report.found("journal", topic, 0, f"the first turn must be 1. It is {entries[0].turn}.")
    return [entry for entry in entries if entry.topic_id == topic_id]


def _up_to(
    topic: str, entries: list[Entry], committed: Committed | None, report: PartitionReport
) -> list[Entry]:
    if committed is None:
        if entries:
            report.notes.append(
                f"the group's offset has expired: audited up to {entries[-1].end}, the end of the journal"
            )
        return entries
    confirming = [number for number, entry in enumerate(entries) if entry.end == committed.offset]
    if not confirming:
        upto = [entry for entry in entries if entry.end <= committed.offset]
        last = f"{upto[-1].end}" if upto else "nothing"
        report.found(
            "journal", topic, committed.offset, f"the group's offset is here, the journal confirms {last}"
        )
        return upto
    try:
        was = json.loads(committed.metadata)
    except ValueError:
        was = committed.metadata
    # Several turns end here where a generation was opened by one without records.
    said = [number for number in confirming if _metadata(entries[number]) == was]
    upto = entries[: (said or confirming)[-1] + 1]
    if not said:
        must = _metadata(upto[-1])
        report.found("journal", topic, upto[-1].at, f"the group's metadata must be {must}. It is {was!r}.")
    return upto


def _metadata(entry: Entry) -> dict[str, Any]:
    """What must be committed with the offset of this turn."""
    return {
        "generation": entry.generation,
        "turn": entry.turn,
        "chain": entry.chain,
        "journal_offset": entry.at,
    }


def _check_pair(topic: str, before: Entry, after: Entry, report: PartitionReport) -> None:
    def found(what: str) -> None:
        report.found("journal", topic, after.at, f"turn {after.turn}: {what}")

    if after.turn != before.turn + 1:
        found(f"it must be turn {before.turn + 1}")
    if after.start != before.end and after.origin == before.origin:
        found(
            f"it must begin at offset {before.end}, where the turn before ended. It begins at {after.start}."
        )
    if after.end <= after.start and (after.generation == before.generation or after.end < after.start):
        found(f"its offsets {after.start} to {after.end} hold no record")
    if after.generation == before.generation:
        if (after.fingerprint, after.origin, after.topic_id) != (
            before.fingerprint,
            before.origin,
            before.topic_id,
        ):
            found("code, origin or log changed within a generation")
        return
    parent = {"generation": before.generation, "turn": before.turn, "chain": before.chain}
    if after.generation != before.generation + 1 or after.parent != parent:
        found(
            f"it must open generation {before.generation + 1} with parent {parent}. It says {after.parent}."
        )
