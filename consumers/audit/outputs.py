"""What stands on an output topic: read, and counted once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from consumers.audit.batch import batch_problem
from consumers.audit.expected import Expectation
from consumers.audit.quarantine import Quarantines
from consumers.audit.refold import Refold, content_hash
from consumers.audit.report import Kind, PartitionReport
from consumers.audit.stream import CommittedStream
from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.topics import Topic
from infra.kafka import Record, ShopLog
from models.belief import OF_ANY_TIME, Known, believed

__all__ = ["Problem", "Seen", "Sources", "fields_of"]


class Sources(NamedTuple):
    """What all checks look at.

    `main` and `group` are names on the broker; `refold` is None where no state of this code could be had; in
    `batch_answers` those of batch models that are missing on either side are counted.
    """

    main: str
    group: str
    expected: Expectation
    refold: Refold | None
    quarantines: Quarantines
    report: PartitionReport
    batch_answers: Counter[str]
    log: ShopLog

    def value_problem(
        self, kind: Literal["predictions", "features", "outcomes"], fields: Mapping[str, Any]
    ) -> str | None:
        """Whether a record says what folding the log again gives, and if not, in words."""
        at = (fields["task"], fields["offset"])
        if self.refold is None:
            return None
        folded = getattr(self.refold, kind)
        if at not in folded:
            return None
        if folded[at] != content_hash(dict(fields)):
            return f"{at[0]} for offset {at[1]} has other values than folding the log again gives"
        if kind == "features":
            return None
        parts = self.refold.batch_predictions if kind == "predictions" else self.refold.batch_outcomes
        if (wrong := batch_problem(fields, parts.get(at), self.batch_answers)) is not None:
            return f"{at[0]} for offset {at[1]}: {wrong}"
        return None

    def is_audited(self, offset: int) -> bool:
        """Whether an event's offset lies in what is audited."""
        return self.report.start <= offset < self.report.end


class Problem(NamedTuple):
    """What is wrong with one record."""

    kind: Kind
    what: str


def fields_of(topic: Topic, stream: CommittedStream, at: Sources) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Each record of a learner with its fields; what no reader takes for one is counted and passed over.

    What this code answered, as far as it was folded, can be of the fold's models only; older code had others.
    """
    for record in stream.records():
        said = None
        with suppress(BadRecord):
            found = decode(topic, record.value)
            known = replace(OF_ANY_TIME, log=at.log)
            if at.refold is not None and at.refold.since <= found.offset < at.report.end:
                known = Known(at.refold.has_batch, has_online=at.refold.has_online, log=at.log)
            said = believed(found, at.report.partition, known)
        if said is None:
            at.report.pass_over(stream.topic)
        else:
            yield record, json.loads(record.value or b"")


class Seen:
    """Which identities stood on a topic already, and from which offset of the main input on it is whole."""

    def __init__(self, stream: CommittedStream, report: PartitionReport, what: str) -> None:
        self._topic = stream.topic
        self._is_cut = stream.start > 0
        self._start = stream.start
        self._report = report
        self._what = what
        self._seen: set[tuple[str, int]] = set()
        self.whole_from = report.end if self._is_cut else 0

    def add(self, record: Record, identity: tuple[str, int], written_for: int) -> bool:
        """Take in one; False where it stood there before. `written_for` is the input record that led to it."""
        if self._is_cut:
            # Outputs stand in the order of the records that led to them; those of the first one may be cut too.
            self._is_cut = False
            self.whole_from = written_for + 1
            self._tell()
        if identity in self._seen:
            self._report.found(
                "duplicate",
                self._topic,
                record.offset,
                f"{self._what} of offset {identity[1]} ({identity[0]}) again",
            )
            return False
        self._seen.add(identity)
        return True

    def finish(self) -> None:
        """Tell where nothing was left to look at."""
        if self._is_cut:
            self._tell()

    def _tell(self) -> None:
        self._report.notes.append(
            f"{self._topic} begins at offset {self._start}, older records were deleted by retention: {self._what}s "
            f"that were written for offsets below {self.whole_from} could not be looked for"
        )

    def __contains__(self, identity: tuple[str, int]) -> bool:
        return identity in self._seen
