"""What an audit found, for machines and for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

__all__ = ["SHOWN", "AuditReport", "Finding", "Kind", "PartitionReport"]

SHOWN: Final = 10
"""Findings of one kind that a partition keeps in words; the rest is counted."""

Kind: TypeAlias = Literal["missing", "duplicate", "label", "journal", "chain"]


@dataclass(frozen=True)
class Finding:
    """One broken promise, and where to look.

    Parameters
    ----------
    kind : str
        ``missing``: what should be there is not, or differs. ``duplicate``: it is there more often than it should,
        which is once or never. ``label``: an outcome is not what the audit works out. ``journal``: turns, offsets
        or metadata do not fit together. ``chain``: the log folded again gives another state.
    topic, partition, offset
        Where: the offset of the record itself, or of the event in the main input that it should have led to.
    what : str
        In a sentence.
    """

    kind: Kind
    topic: str
    partition: int
    offset: int
    what: str

    def __str__(self) -> str:
        """As shown to people."""
        return f"{self.kind}: {self.topic}/{self.partition} at offset {self.offset}: {self.what}"


@dataclass
class PartitionReport:
    """One partition of the main input, offsets [start, end).

    Attributes
    ----------
    start, end : int
        What was audited: from the first offset that the log still has (or that the learner began with) to the
        group's committed one.
    events : int
        Records of the main input in it: events, ticks and what is no event.
    predictions, dead_letters : int
        Those that belong to it, as they stand on their topics.
    not_signed : int
        Changes of models in it that this installation did not sign for this log, or that are copies: dead letters, too.
    missing, duplicate, label_mismatches : int
        See `Finding`; predictions, outcomes, late labels and dead letters together.
    aborted_records : int
        Records of transactions that were aborted: nobody sees them but who asks for them.
    folded_from : str or None
        ``start``, ``snapshot``, or None where no state of this code could be had.
    chain, chain_recomputed : str
        Hex of the committed chain and of the one from folding the log again.
    findings : list of Finding
        The first of each kind.
    notes : list of str
        What could not be looked at, and why.
    """

    partition: int
    start: int = 0
    end: int = 0
    events: int = 0
    predictions: int = 0
    dead_letters: int = 0
    not_signed: int = 0
    missing: int = 0
    duplicate: int = 0
    label_mismatches: int = 0
    aborted_records: int = 0
    folded_from: Literal["start", "snapshot"] | None = None
    chain: str = ""
    chain_recomputed: str = ""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _counts: dict[Kind, int] = field(default_factory=dict)
    _passed_over: dict[str, int] = field(default_factory=dict)

    def found(self, kind: Kind, topic: str, offset: int, what: str) -> None:
        """Count one broken promise, and keep it in words while there are few."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self.missing = self._counts.get("missing", 0)
        self.duplicate = self._counts.get("duplicate", 0)
        self.label_mismatches = self._counts.get("label", 0)
        if self._counts[kind] <= SHOWN:
            self.findings.append(Finding(kind, topic, self.partition, offset, what))

    def pass_over(self, topic: str, records: int = 1) -> None:
        """Count records that no reader takes for ours."""
        self._passed_over[topic] = self._passed_over.get(topic, 0) + records

    def all_notes(self) -> list[str]:
        """`notes`, and what was passed over."""
        return self.notes + [
            f"{count:,} records on {topic} are not Freshet's and were passed over, as every reader does"
            for topic, count in self._passed_over.items()
        ]

    @property
    def is_ok(self) -> bool:
        """Whether the promise was kept and could be checked to the end."""
        return not self._counts and self.folded_from is not None and self.chain == self.chain_recomputed

    def as_json(self) -> dict[str, Any]:
        """As ``freshet audit --json`` prints it."""
        return {
            "from": self.start,
            "to": self.end,
            "events": self.events,
            "predictions": self.predictions,
            "dead_letters": self.dead_letters,
            "not_signed": self.not_signed,
            "missing": self.missing,
            "duplicate": self.duplicate,
            "label_mismatches": self.label_mismatches,
            "aborted_records": self.aborted_records,
            "folded_from": self.folded_from,
            "chain": self.chain,
            "chain_recomputed": self.chain_recomputed,
        }

    def explain(self) -> list[str]:
        """Lines for people: what was found, then what could not be looked at."""
        lines = [str(finding) for finding in self.findings]
        for kind, count in self._counts.items():
            if count > SHOWN:
                lines.append(f"{kind}: {count - SHOWN} more in partition {self.partition}")
        return lines + [f"note: partition {self.partition}: {note}" for note in self.all_notes()]


@dataclass(frozen=True)
class AuditReport:
    """All partitions of the main input."""

    partitions: dict[int, PartitionReport]

    @property
    def is_ok(self) -> bool:
        """Whether every partition is."""
        return all(report.is_ok for report in self.partitions.values())

    def as_json(self) -> dict[str, Any]:
        """As ``freshet audit --json`` prints it; ``findings`` and ``notes`` are there where there are any."""
        said: dict[str, Any] = {
            "ok": self.is_ok,
            "partitions": {str(number): report.as_json() for number, report in self.partitions.items()},
        }
        reports = self.partitions.values()
        if findings := [str(finding) for report in reports for finding in report.findings]:
            said["findings"] = findings
        if notes := [
            f"partition {report.partition}: {note}" for report in reports for note in report.all_notes()
        ]:
            said["notes"] = notes
        return said

    def explain(self) -> list[str]:
        """Lines for people, nothing where all is well and could be looked at."""
        return [line for report in self.partitions.values() for line in report.explain()]
