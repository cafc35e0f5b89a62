"""A partition, a journal, a group's offset and snapshots in memory, and a fold that anybody can follow.

They keep what their ports promise (gaps between offsets, records in order, what was restored is committed); the same
recovery runs on the real ones in tests/faults.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from consumers.engine import GENESIS, Journalled, Step, committed_metadata, link
from contracts.errors import BadRecord, Unreachable
from contracts.records import RECORDS, JournalRecord
from infra.kafka import Committed, OutgoingRecord, Record
from infra.postgres import Snapshot

TOPIC_ID = "log-1"


class Adder:
    """Adds numbers up; ``bad`` is no number. Its state can be read in the chain."""

    def __init__(self, fingerprint: str = "v1", factor: int = 1) -> None:
        self.fingerprint = fingerprint
        self.factor = factor
        self.total = 0
        self.incomplete = 0
        self.most_incomplete = 0

    def step(self, record: Record) -> Step:
        self.incomplete += 1
        self.most_incomplete = max(self.most_incomplete, self.incomplete)
        if record.value == b"bad":
            raise BadRecord("not-json", "bad is no number")
        self.total += self.factor * int(record.value or b"0")
        return Step([self.total], str(self.total).encode())

    def complete(self) -> Sequence[int]:
        self.incomplete = 0
        return ()

    def opening(self) -> Sequence[OutgoingRecord]:
        return []

    def outgoing(self, outputs: Sequence[int], record: Record, now_ms: int) -> Sequence[OutgoingRecord]:
        return []

    def snapshot(self) -> bytes:
        return str(self.total).encode()

    def restore(self, payload: bytes) -> None:
        self.total = int(payload)


@dataclass
class Partition:
    """Records at offsets, from `start`; `gap` after every second one, as markers of transactions leave them."""

    values: list[bytes]
    start: int = 0
    poll_records: int = 3
    topic: str = "events"
    partition: int = 0
    _at: int = 0

    def records(self) -> list[Record]:
        made = [
            Record(self.topic, 0, number + number // 2, 0, None, value, ())
            for number, value in enumerate(self.values)
        ]
        return [r for r in made if r.offset >= self.start]

    def seek(self, offset: int) -> None:
        self._at = offset

    def poll(self, timeout_s: float) -> Sequence[Record]:
        found = [r for r in self.records() if r.offset >= self._at][: self.poll_records]
        self._at = found[-1].offset + 1 if found else self.bounds()[1]
        return found

    def position(self) -> int:
        return self._at

    def bounds(self) -> tuple[int, int]:
        records = self.records()
        return self.start, records[-1].offset + 1 if records else self.start

    def lag(self) -> int | None:
        return self.bounds()[1] - self._at

    def close(self) -> None:
        pass


@dataclass
class MemoryJournal:
    entries: list[Journalled] = field(default_factory=list)

    def last(self) -> Journalled | None:
        return self.entries[-1] if self.entries else None

    def since(self, offset: int) -> Iterator[Journalled]:
        return iter([e for e in self.entries if e.offset >= offset])


@dataclass
class MemoryOffsets:
    found: Committed | None = None
    restored: list[Committed] = field(default_factory=list)

    def committed(self) -> Committed | None:
        return self.found

    def restore(self, committed: Committed) -> None:
        self.restored.append(committed)


@dataclass
class MemorySnapshots:
    kept: list[Snapshot] = field(default_factory=list)
    is_away: bool = False

    def save(self, snapshot: Snapshot) -> None:
        self.kept.append(snapshot)

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        if self.is_away:
            message = "the database is away"
            raise Unreachable(message)
        return iter([s for s in reversed(self.kept) if s.topic_id == topic_id])


@dataclass
class MemoryTransactions:
    """Takes everything, or fails at its `fails_at`-th commit."""

    fails_at: int | None = None
    sent: list[OutgoingRecord] = field(default_factory=list)
    commits: int = 0

    def init(self) -> None:
        pass

    def begin(self) -> None:
        pass

    def send(self, record: OutgoingRecord) -> None:
        self.sent.append(record)

    def flush(self, timeout_s: float) -> int | None:
        return len(self.sent)

    def commit_offset(self, group: str, topic: str, partition: int, committed: Committed) -> None:
        pass

    def commit(self) -> None:
        self.commits += 1
        if self.commits == self.fails_at:
            message = "fenced"
            raise RuntimeError(message)

    def close(self) -> None:
        pass


@dataclass
class Past:
    """What a worker has left behind that took turns up to the given ends."""

    journal: MemoryJournal
    offsets: MemoryOffsets
    snapshots: MemorySnapshots


def past_of(log: Partition, ends: Sequence[int], fold: Adder) -> Past:
    """Take turns that end at `ends`; a snapshot after each."""
    chain, start, turn = GENESIS, 0, 0
    entries, kept = [], []
    for turn, end in enumerate(ends, start=1):
        for record in log.records():
            if start <= record.offset < end:
                try:
                    chain = link(chain, fold.step(record).chained)
                except BadRecord:
                    pass
        entry = JournalRecord(
            records=RECORDS,
            group="g", partition=0, generation=1, turn=turn, start=start, end=end, origin=0,
            chain=chain.hex(), topic_id=TOPIC_ID, fingerprint=fold.fingerprint,
        )  # fmt: skip
        at = 2 * turn
        entries.append(Journalled(at, entry))
        kept.append(
            Snapshot(
                group="g",
                partition=0,
                generation=1,
                turn=turn,
                end_offset=end,
                journal_offset=at,
                topic_id=TOPIC_ID,
                chain=chain.hex(),
                fingerprint=fold.fingerprint,
                payload=fold.snapshot(),
            )  # fmt: skip
        )
        start = end
    last = entries[-1]
    committed = Committed(last.record.end, committed_metadata(last.record, last.offset))
    assert json.loads(committed.metadata)["turn"] == turn
    return Past(MemoryJournal(entries), MemoryOffsets(committed), MemorySnapshots(kept))
