"""What a worker tells its listener: each turn once it is committed, and how far behind it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from consumers.engine import (
    Identity,
    Position,
    Recovery,
    SnapshotPolicy,
    SnapshotWriter,
    Turn,
    Worker,
)
from infra.kafka import Committed, OutgoingRecord
from tests.unit.consumers.engine.partition_in_memory import (
    TOPIC_ID,
    Adder,
    MemoryJournal,
    MemoryOffsets,
    MemorySnapshots,
    Partition,
)

NOW_MS = 2_500


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
class Notes:
    """Writes down what it is told."""

    recoveries: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    looks: list[tuple[int | None, bool]] = field(default_factory=list)

    def recovered(self, at: Position) -> None:
        self.recoveries.append(at.how)

    def committed(self, turn: Turn) -> None:
        self.turns.append(turn)

    def looked(self, lag_events: int | None, *, is_empty: bool) -> None:
        self.looks.append((lag_events, is_empty))


def run(values: list[bytes], notes: Notes, transactions: MemoryTransactions) -> None:
    log, fold = Partition(values), Adder()
    snapshots = SnapshotWriter(lambda _snapshot: None, lambda _snapshot: None)
    worker = Worker(
        Identity("g", 0, "events", TOPIC_ID, "journal", "dead"),
        log=log,
        transactions=transactions,
        recovery=Recovery(
            log=log,
            journal=MemoryJournal(),
            offsets=MemoryOffsets(),
            snapshots=MemorySnapshots(),
            fold=fold,
            group="g",
            topic_id=TOPIC_ID,
        ),
        fold=fold,
        snapshots=snapshots,
        policy=SnapshotPolicy(3600.0, 1_000),
        timeout_s=30.0,
        now_ms=lambda: NOW_MS,
        listener=notes,
    )
    try:
        worker.run(lambda: bool(notes.looks) and notes.looks[-1][1], lambda _at: None)
    finally:
        worker.close()


def test_a_listener_hears_of_the_recovery_of_each_turn_and_of_the_end_of_the_log() -> None:
    notes = Notes()
    run([b"1", b"bad", b"2", b"3", b"4"], notes, MemoryTransactions())
    assert notes.recoveries == ["new"]
    assert [(t.events, [list(o) for o in t.outputs], list(t.refused)) for t in notes.turns] == [
        (3, [[1], [3]], ["not-json"]),
        (2, [[6], [10]], []),
    ]
    assert all(0 <= t.commit_s <= t.turn_s for t in notes.turns)
    assert [t.latency_s for t in notes.turns] == [NOW_MS / 1000] * 2
    # Offsets of in-memory records have gaps: 0, 1, 3, 4, 6.
    assert notes.looks == [(3, False), (0, False), (0, True)]


def test_a_turn_whose_commit_failed_is_not_told() -> None:
    notes = Notes()
    with pytest.raises(RuntimeError, match="fenced"):
        run([b"1", b"2", b"3", b"4"], notes, MemoryTransactions(fails_at=2))
    assert [t.events for t in notes.turns] == [3]
    assert len(notes.looks) == 1
