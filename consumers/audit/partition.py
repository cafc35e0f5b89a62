"""One partition: journal, main input and outputs, each read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

from consumers.audit.dead_letters import check_dead_letters
from consumers.audit.expected import Expectation
from consumers.audit.in_force import check_in_force
from consumers.audit.journal import Entry, check_journal
from consumers.audit.outcomes import check_outcomes
from consumers.audit.outputs import Sources
from consumers.audit.predictions import check_features, check_predictions
from consumers.audit.quarantine import Quarantines
from consumers.audit.refold import Beginning, Refold, beginning
from consumers.audit.report import PartitionReport
from consumers.audit.sightings import Declared, nobody
from consumers.audit.stream import CommittedStream, End
from consumers.engine import GENESIS, Fold
from contracts.codec import NOT_SIGNED
from contracts.topics import (
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    MODELS,
    OUTCOMES,
    PREDICTIONS,
    USER_EVENTS,
    Topic,
    topic_name,
)
from infra.kafka import Committed, ShopLog, group_offset, log_range, read_to_end, topic_id
from infra.postgres import Snapshot
from infra.signatures import Signatures

__all__ = ["AuditedFold", "MakeFold", "PartitionAudit", "Progress", "ReadSnapshots", "Until"]


class AuditedFold(Fold, Protocol):
    """A fold that says which tasks it asks."""

    @property
    def tasks(self) -> Sequence[Declared]:
        """Its tasks."""
        ...


MakeFold: TypeAlias = Callable[[int], AuditedFold]
ReadSnapshots: TypeAlias = Callable[[int, str], Iterable[Snapshot]]
Progress: TypeAlias = Callable[[int, int, int], None]

_TELL_EVERY = 1_000
_OUTPUTS = (PREDICTIONS, FEATURES, OUTCOMES, DEAD_LETTERS)
_CHECKS = (check_predictions, check_features, check_outcomes, check_dead_letters)


class Until(NamedTuple):
    """What an audit looks at: the group's offset, and how far journal and outputs reached just after it."""

    committed: Committed | None
    ends: Mapping[str, End]


@dataclass(frozen=True)
class PartitionAudit:
    """See `consumers.audit.audit`."""

    bootstrap: str
    group: str
    namespace: str
    partition: int
    make_fold: MakeFold
    snapshots: ReadSnapshots
    signatures: Signatures | None
    progress: Progress
    patience_s: float

    def _name(self, topic: Topic) -> str:
        return topic_name(topic, self.namespace, self.group)

    def until_now(self) -> Until:
        """Where an audit ends that begins now, however long it takes."""
        committed, ends = self._group_offset(), self._ends()
        if committed is None and ends[JOURNAL.name].offset:
            # Expired, or this was the moment of the very first commit.
            committed, ends = self._group_offset(), self._ends()
        return Until(committed, ends)

    def _group_offset(self) -> Committed | None:
        return group_offset(self.bootstrap, self.group, self._name(USER_EVENTS), self.partition)

    def _ends(self) -> dict[str, End]:
        return {
            topic.name: End.now(self.bootstrap, self._name(topic), self.partition, self.patience_s)
            for topic in (JOURNAL, *_OUTPUTS)
        }

    def run(self, until: Until) -> PartitionReport:
        """Audit it; what was committed later is not looked at."""
        report = PartitionReport(self.partition)
        main = self._name(USER_EVENTS)
        log_id = topic_id(self.bootstrap, main)
        journal = self._stream(JOURNAL, until, report)
        records, committed = list(journal.records()), until.committed
        entries = check_journal(journal.topic, self.group, records, committed, log_id, report)
        log_start, log_end = log_range(self.bootstrap, main)[self.partition]
        report.start = max(log_start, min((entry.origin for entry in entries), default=log_start))
        report.end = max(report.start, entries[-1].end) if entries else report.start
        report.chain = entries[-1].chain if entries else GENESIS.hex()
        if report.end > log_end:
            report.found(
                "journal", main, log_end, f"the log ends here, the journal says {report.end} are done"
            )
        expected, refold = self._read_input(main, journal.topic, entries, log_id, log_start, report)
        self._check_outputs(main, entries, until, expected, refold, report)
        report.aborted_records += journal.aborted_records()
        return report

    def _stream(self, topic: Topic, until: Until, report: PartitionReport) -> CommittedStream:
        name, end = self._name(topic), until.ends[topic.name]
        if not end.is_settled:
            report.notes.append(
                f"{name} has had an open transaction for {self.patience_s:g} s: read up to that"
            )
        return CommittedStream(self.bootstrap, name, self.partition, end.offset)

    def _read_input(
        self,
        main: str,
        journal: str,
        entries: list[Entry],
        log_id: str,
        log_start: int,
        report: PartitionReport,
    ) -> tuple[Expectation, Refold | None]:
        fold = self.make_fold(self.partition)
        check = partial(self.signatures.check, partition=self.partition) if self.signatures else nobody
        expected = Expectation(sorted({entry.origin for entry in entries}), report.start, fold.tasks, check)
        refold = self._refold(fold, journal, entries, log_id, log_start, report)
        folding = refold
        for record in read_to_end(
            self.bootstrap, main, start={self.partition: report.start}, partitions=[self.partition]
        ):
            if record.offset >= report.end:
                break
            report.events += 1
            expected.add(record)
            if folding:
                try:
                    folding.add(record)
                except Exception as error:  # noqa: BLE001 - whatever it is, the committed state does not follow
                    folding = None
                    what = f"folding the log again raised {type(error).__name__}: {error}"
                    report.found("chain", main, record.offset, what)
            if report.events % _TELL_EVERY == 0:
                self.progress(self.partition, record.offset - report.start, report.end - report.start)
        expected.finish()
        report.not_signed = sum(letter.reason == NOT_SIGNED for letter in expected.dead_letters.values())
        if folding and refold:
            refold.finish()
        if refold:
            report.chain_recomputed = refold.chain.hex()
            for offset in expected.dead_letters.keys() ^ refold.refused.keys():
                if offset >= refold.begin.offset and not expected.is_unknown(offset) and folding:
                    who = "fold" if offset in refold.refused else "audit"
                    report.found("chain", main, offset, f"a dead letter for the {who} alone")
        self.progress(self.partition, report.end - report.start, report.end - report.start)
        return expected, refold

    def _refold(
        self,
        fold: Fold,
        journal: str,
        entries: list[Entry],
        log_id: str,
        log_start: int,
        report: PartitionReport,
    ) -> Refold | None:
        if not entries:
            report.folded_from, report.chain_recomputed = "start", report.chain
            return None
        begin = beginning(
            entries, log_start, fold.fingerprint, lambda: self.snapshots(self.partition, log_id)
        )
        if not isinstance(begin, Beginning):
            report.found("chain", journal, entries[-1].at, begin)
            return None
        report.folded_from = "start" if begin.payload is None else "snapshot"
        return Refold(fold, begin, entries, report, journal)

    def _check_outputs(
        self,
        main: str,
        entries: list[Entry],
        until: Until,
        expected: Expectation,
        refold: Refold | None,
        report: PartitionReport,
    ) -> None:
        models = self._name(MODELS)
        news = list(read_to_end(self.bootstrap, models))
        quarantines = Quarantines(
            news,
            self.partition,
            refold.quarantined if refold else {},
            (entry.start for entry in entries if entry.parent is not None),
            folded_since=refold.since if refold else None,
        )
        if refold:
            for (task, model), offset in refold.quarantined.items():
                if offset >= refold.since and (task, model, offset) not in quarantines.announced:
                    report.found(
                        "missing", main, offset, f"{model} of {task} is out, but {models} does not say so"
                    )
            check_in_force(models, news, refold.in_force, refold.since, report)
        log = ShopLog(self.bootstrap, main)
        log.was_read(self.partition, report.end, expected.ticked_ms)  # by this audit, just before
        sources = Sources(main, self.group, expected, refold, quarantines, report, Counter(), log)
        for topic, check in zip(_OUTPUTS, _CHECKS, strict=True):
            stream = self._stream(topic, until, report)
            check(stream, sources)
            report.aborted_records += stream.aborted_records()
        for kind, why in (
            ("silent", "have none on the topics: the artefact could not be loaded then"),
            ("unchecked", "could not be checked: the artefact can't be loaded here"),
        ):
            if count := sources.batch_answers[kind]:
                report.notes.append(f"{count:,} answers and losses of batch models {why}")
