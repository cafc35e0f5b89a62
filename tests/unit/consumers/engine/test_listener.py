"""What a worker tells its listener: each turn once it is committed, and how far behind it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from consumers.engine import Identity, Ports, Position, SnapshotPolicy, Turn, Worker
from tests.unit.consumers.engine.partition_in_memory import (
    TOPIC_ID,
    Adder,
    MemoryJournal,
    MemoryOffsets,
    MemorySnapshots,
    MemoryTransactions,
    Partition,
)

NOW_MS = 2_500


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
    worker = Worker(
        Identity("g", 0, "events", TOPIC_ID, "journal", "dead"),
        Ports(Partition(values), MemoryJournal(), MemoryOffsets(), MemorySnapshots(), transactions),
        Adder(),
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
