"""Recovery, decision by decision; on a real broker and database it is tests/faults that hold it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from consumers.engine import GENESIS, Identity, Ports, Position, Recovery, Repairs
from contracts.errors import Diverged, OffsetsMoved, StateLost
from contracts.records import Parent
from infra.kafka import Committed
from tests.unit.consumers.engine.partition_in_memory import (
    TOPIC_ID,
    Adder,
    MemoryJournal,
    MemoryOffsets,
    MemorySnapshots,
    MemoryTransactions,
    Partition,
    Past,
    past_of,
)

# Offsets 0, 1, 3, 4, 6, 7, 9, 10: markers lie between.
VALUES = [b"1", b"2", b"bad", b"4", b"8", b"16", b"32", b"64"]
ENDS = [2, 5, 8]
TOTAL = 31


@pytest.fixture
def log() -> Partition:
    return Partition(list(VALUES))


@pytest.fixture
def past(log: Partition) -> Past:
    return past_of(log, ENDS, Adder())


def recover(log: Partition, past: Past, fold: Adder, topic_id: str = TOPIC_ID, **allowed: bool) -> Position:
    identity = Identity("g", 0, "events", topic_id, "journal", "dead")
    ports = Ports(log, past.journal, past.offsets, past.snapshots, MemoryTransactions())
    return Recovery(identity, ports, fold, Repairs(**allowed)).run()


def nothing() -> Past:
    return Past(MemoryJournal(), MemoryOffsets(), MemorySnapshots())


def test_a_new_worker_begins_at_the_first_offset_of_the_log() -> None:
    at = recover(Partition(list(VALUES), start=4), nothing(), Adder())
    assert (at.how, at.end, at.origin, at.generation, at.turn, at.chain) == ("new", 4, 4, 1, 0, GENESIS)


def test_a_new_worker_begins_also_while_the_database_is_away(log: Partition) -> None:
    past = nothing()
    past.snapshots.is_away = True
    assert recover(log, past, Adder()).how == "new"


def test_an_offset_or_a_snapshot_without_a_journal_is_lost(log: Partition, past: Past) -> None:
    with pytest.raises(StateLost, match="is empty, but the group g has offset 8 there"):
        recover(log, replace(past, journal=MemoryJournal()), Adder())
    with pytest.raises(StateLost, match="is empty, but a snapshot reaches to offset 8"):
        recover(log, replace(past, journal=MemoryJournal(), offsets=MemoryOffsets()), Adder())


@pytest.mark.parametrize("untrained", [False, True])
def test_a_log_with_records_of_another_version_is_refused_with_the_way_out(
    log: Partition, past: Past, untrained: bool
) -> None:
    *_, last = past.journal.entries
    past.journal.entries[-1] = last._replace(record=msgspec.structs.replace(last.record, records=1))
    with pytest.raises(StateLost, match="must be records of version 2. It is of version 1") as caught:
        recover(log, past, Adder(), untrained=untrained)
    assert "FRESHET_GROUP" in str(caught.value.hint)


def test_the_newest_snapshot_is_where_folding_begins(log: Partition, past: Past) -> None:
    fold = Adder()
    at = recover(log, past, fold)
    assert (at.how, at.end, at.turn, at.folded_events, fold.total) == ("snapshot", 8, 3, 0, TOTAL)


def test_from_an_older_snapshot_the_log_is_folded_on(log: Partition, past: Past) -> None:
    del past.snapshots.kept[1:]
    fold = Adder()
    at = recover(log, past, fold)
    assert (at.how, at.folded_events, fold.total) == ("snapshot", 4, TOTAL)
    assert at.chain.hex() == past.journal.entries[-1].record.chain


def test_without_snapshots_the_log_is_folded_from_its_start(log: Partition, past: Past) -> None:
    past.snapshots.is_away = True
    fold = Adder()
    at = recover(log, past, fold)
    assert (at.how, at.folded_events, fold.total) == ("start", 6, TOTAL)
    assert at.chain.hex() == past.journal.entries[-1].record.chain


def test_what_is_folded_again_is_completed_batch_by_batch_to_the_last_record(
    log: Partition, past: Past
) -> None:
    past.snapshots.kept.clear()
    fold = Adder()
    recover(log, past, fold)
    assert fold.incomplete == 0
    assert 0 < fold.most_incomplete <= log.poll_records


def test_a_snapshot_that_leads_elsewhere_is_passed_over_for_an_older_one(log: Partition, past: Past) -> None:
    past.snapshots.kept[1:] = [replace(past.snapshots.kept[1], payload=b"999")]
    fold = Adder()
    at = recover(log, past, fold)
    assert (at.how, at.folded_events, fold.total) == ("snapshot", 4, TOTAL)


def test_a_snapshot_of_a_turn_that_was_never_committed_is_passed_over(log: Partition, past: Past) -> None:
    past.snapshots.kept[:] = [replace(past.snapshots.kept[1], chain="ab" * 16)]
    assert recover(log, past, Adder()).how == "start"


def test_a_snapshot_of_another_generation_is_passed_over(log: Partition, past: Past) -> None:
    past.snapshots.kept[:] = [replace(past.snapshots.kept[2], generation=2)]
    assert recover(log, past, Adder()).how == "start"


def test_other_code_folds_from_the_start_and_opens_a_generation(log: Partition, past: Past) -> None:
    fold = Adder("v2", factor=10)
    at = recover(log, past, fold)
    last = past.journal.entries[-1].record
    assert fold.total == 10 * TOTAL
    assert (at.how, at.generation, at.turn, at.end) == ("start", 2, 3, 8)
    assert at.parent == Parent(1, 3, last.chain)
    assert at.chain.hex() != last.chain


def test_the_same_code_that_folds_to_another_state_has_diverged_at_a_named_turn(
    log: Partition, past: Past
) -> None:
    past.snapshots.kept.clear()
    wrong = past.journal.entries[1]
    past.journal.entries[1] = wrong._replace(record=msgspec.structs.replace(wrong.record, chain="ab" * 16))
    with pytest.raises(Diverged, match=r"must give chain (ab){16} at turn 2 \(offsets 2 to 5\)") as diverged:
        recover(log, past, Adder())
    assert diverged.value.offset == 5
    with pytest.raises(Diverged):  # other models would hide it
        recover(log, past, Adder(), untrained=True)


def test_a_log_that_was_cut_is_lost_without_a_snapshot_behind_the_cut(log: Partition, past: Past) -> None:
    log.start = 3
    assert recover(log, past, Adder()).how == "snapshot"
    past.snapshots.kept[:] = past.snapshots.kept[:1]
    with pytest.raises(StateLost, match="must be folded from offset 0. The log begins at 3") as lost:
        recover(log, past, Adder())
    assert lost.value.hint is not None and "--untrained" in lost.value.hint


@pytest.mark.parametrize(
    ("start", "kept", "topic_id", "message"),
    [
        (9, VALUES, TOPIC_ID, "It begins at 9: offsets 8 to 8 were deleted before they were learnt from"),
        (0, VALUES[:4], TOPIC_ID, "must reach to offset 8, up to which all is done. It holds 0 to 5"),
        (
            0,
            VALUES,
            "log-2",
            "must be the log with id log-1, of which offsets up to 8 are done. Its id is log-2",
        ),
    ],
)
def test_a_log_that_does_not_fit_the_journal_is_lost(
    past: Past, start: int, kept: list[bytes], topic_id: str, message: str
) -> None:
    log = Partition(list(kept), start=start)
    with pytest.raises(StateLost, match=message):
        recover(log, past, Adder(), topic_id)


def test_untrained_models_start_where_all_is_done_and_say_what_they_follow(
    log: Partition, past: Past
) -> None:
    log.start = 3
    past.snapshots.kept.clear()
    fold = Adder()
    at = recover(log, past, fold, untrained=True)
    assert (at.how, at.end, at.origin, at.generation, at.turn) == ("untrained", 8, 8, 2, 3)
    assert (at.chain, fold.total) == (GENESIS, 0)
    assert at.parent == Parent(1, 3, past.journal.entries[-1].record.chain)


def test_untrained_models_on_another_log_start_at_its_start(log: Partition, past: Past) -> None:
    log.start = 1
    at = recover(log, past, Adder(), "log-2", untrained=True)
    assert (at.end, at.origin) == (1, 1)


def test_an_expired_offset_is_restored_from_the_journal(log: Partition, past: Past) -> None:
    must = past.offsets.found
    past.offsets.found = None
    recover(log, past, Adder())
    assert past.offsets.restored == [must]


@pytest.mark.parametrize(
    "moved", [Committed(7, ""), Committed(8, "not json"), Committed(8, '{"generation":1,"turn":2}')]
)
def test_an_offset_that_somebody_moved_is_refused_until_it_may_be_mended(
    log: Partition, past: Past, moved: Committed
) -> None:
    must, past.offsets.found = past.offsets.found, moved
    with pytest.raises(OffsetsMoved, match="must be 8 .* as the journal says. It was"):
        recover(log, past, Adder())
    assert past.offsets.restored == []
    recover(log, past, Adder(), mend_offsets=True)
    assert past.offsets.restored == [must]
