"""The journal: turns follow one another, and the last one is what the group has committed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consumers.audit.journal import check_journal
from consumers.audit.report import PartitionReport
from infra.kafka import Committed, Record

TOPIC = "ml.journal.learner"


def turn(number: int, start: int, end: int, **changes: Any) -> dict[str, Any]:
    entry = {
        "group": "learner",
        "partition": 0,
        "generation": 1,
        "turn": number,
        "start": start,
        "end": end,
        "origin": 0,
        "chain": f"{number:032x}",
        "topic_id": "this log",
        "fingerprint": "code",
        "parent": None,
    }
    return entry | changes


ELSEWHERE = {"generation": 1, "turn": 9, "chain": "0" * 32}
GOOD = [turn(1, 0, 10), turn(2, 10, 25), turn(3, 25, 30)]


def records_of(turns: list[dict[str, Any]], first: int = 0) -> list[Record]:
    # Every other offset holds the marker of a commit.
    return [
        Record(TOPIC, 0, first + 2 * n, 0, b"learner-0", json.dumps(t).encode(), ())
        for n, t in enumerate(turns)
    ]


def metadata(entry: dict[str, Any], offset: int, **changes: Any) -> str:
    return json.dumps(
        {n: entry[n] for n in ("generation", "turn", "chain")} | {"journal_offset": offset} | changes
    )


def check(
    turns: list[dict[str, Any]], committed: Committed | None | str = "the last", first: int = 0
) -> tuple[list[int], list[str]]:
    report = PartitionReport(0)
    records = records_of(turns, first)
    if isinstance(committed, str):
        committed = Committed(turns[-1]["end"], metadata(turns[-1], records[-1].offset))
    entries = check_journal(TOPIC, "learner", records, committed, "this log", report)
    return [entry.turn for entry in entries], report.explain()


def test_a_whole_journal_that_ends_in_the_committed_offset_is_good() -> None:
    assert check(GOOD) == ([1, 2, 3], [])


def test_nothing_done_yet_is_good() -> None:
    assert check([], None) == ([], [])


def test_turns_after_the_committed_one_are_not_looked_at() -> None:
    committed = Committed(25, metadata(GOOD[1], 2))
    assert check([*GOOD, turn(9, 7, 3)], committed) == ([1, 2], [])


def test_an_expired_offset_is_noted_and_no_fault() -> None:
    turns, said = check(GOOD, None)
    assert turns == [1, 2, 3]
    assert said == [
        "note: partition 0: the group's offset has expired: audited up to 30, the end of the journal"
    ]


@pytest.mark.parametrize(
    ("committed", "what"),
    [
        (Committed(26, metadata(GOOD[2], 4)), "the group's offset is here, the journal confirms 25"),
        (Committed(31, metadata(GOOD[2], 4)), "the group's offset is here, the journal confirms 30"),
        (Committed(5, ""), "the group's offset is here, the journal confirms nothing"),
        (Committed(30, ""), "the group's metadata must be"),
        (Committed(30, metadata(GOOD[2], 4, turn=4)), "the group's metadata must be"),
        (Committed(30, metadata(GOOD[2], 4, chain="0")), "the group's metadata must be"),
        (Committed(30, metadata(GOOD[2], 2)), "the group's metadata must be"),
    ],
)
def test_a_commit_that_the_journal_does_not_confirm_is_found(committed: Committed, what: str) -> None:
    (said,) = check(GOOD, committed)[1]
    assert said.startswith("journal: ")
    assert what in said


@pytest.mark.parametrize(
    ("turns", "what"),
    [
        ([turn(2, 0, 10), turn(3, 10, 20)], "the first turn must be 1. It is 2."),
        ([turn(1, 0, 10), turn(3, 10, 20)], "turn 3: it must be turn 2"),
        (
            [turn(1, 0, 10), turn(2, 11, 20)],
            "it must begin at offset 10, where the turn before ended. It begins at 11.",
        ),
        ([turn(1, 0, 10), turn(2, 9, 20)], "It begins at 9."),
        ([turn(1, 0, 10), turn(2, 10, 10)], "its offsets 10 to 10 hold no record"),
        (
            [turn(1, 0, 10), turn(2, 10, 20, fingerprint="x")],
            "code, origin or log changed within a generation",
        ),
        ([turn(1, 0, 10), turn(2, 10, 20, generation=2)], "it must open generation 2 with parent"),
        (
            [turn(1, 0, 10), turn(2, 10, 20, generation=3, parent=ELSEWHERE)],
            "it must open generation 2 with parent",
        ),
    ],
)
def test_turns_that_do_not_follow_one_another_are_found(turns: list[dict[str, Any]], what: str) -> None:
    (said,) = check(turns)[1]
    assert what in said


def test_a_new_generation_names_where_it_branched_off() -> None:
    parent = {"generation": 1, "turn": 3, "chain": GOOD[2]["chain"]}
    opened = turn(4, 30, 40, generation=2, fingerprint="new code", parent=parent)
    assert check([*GOOD, opened]) == ([1, 2, 3, 4], [])


def test_new_models_begin_where_the_log_goes_on() -> None:
    parent = {"generation": 1, "turn": 3, "chain": GOOD[2]["chain"]}
    opened = turn(4, 50, 60, generation=2, origin=50, parent=parent)
    assert check([*GOOD, opened]) == ([1, 2, 3, 4], [])


def test_a_turn_without_records_opens_a_generation_and_nothing_else() -> None:
    parent = {"generation": 1, "turn": 3, "chain": GOOD[2]["chain"]}
    opened = turn(4, 30, 30, generation=2, fingerprint="new code", parent=parent)
    later = turn(5, 30, 40, generation=2, fingerprint="new code")
    assert check([*GOOD, opened, later]) == ([1, 2, 3, 4, 5], [])
    # The offset was asked for before the generation was opened, the journal read behind that.
    assert check([*GOOD, opened], Committed(30, metadata(GOOD[2], 4))) == ([1, 2, 3], [])
    assert check([*GOOD, turn(4, 30, 30)])[1] == [
        "journal: ml.journal.learner/0 at offset 6: turn 4: its offsets 30 to 30 hold no record"
    ]


def test_a_journal_whose_beginning_was_compacted_away_need_not_begin_with_turn_1() -> None:
    assert check(GOOD[1:], first=7) == ([2, 3], [])


def test_turns_of_another_log_are_left_out() -> None:
    parent = {"generation": 1, "turn": 3, "chain": GOOD[2]["chain"]}
    old = [t | {"topic_id": "a log that was deleted"} for t in GOOD]
    assert check([*old, turn(4, 0, 5, generation=2, parent=parent)])[0] == [4]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"learner-0", None),
        (b"learner-0", b"x"),
        (b"learner-0", b'{"turn":1}'),
        (b"learner-1", json.dumps(turn(1, 0, 10)).encode()),
        (None, json.dumps(turn(1, 0, 10)).encode()),
        (b"learner-0", json.dumps(turn(1, 0, 10, partition=1)).encode()),
        (b"learner-0", json.dumps(turn(1, 0, 10, group="other")).encode()),
    ],
)
def test_what_is_not_this_workers_is_passed_over_and_noted(key: bytes | None, value: bytes | None) -> None:
    report = PartitionReport(0)
    records = [*records_of(GOOD), Record(TOPIC, 0, 5, 0, key, value, ())]
    committed = Committed(30, metadata(GOOD[2], 4))
    entries = check_journal(TOPIC, "learner", records, committed, "this log", report)
    assert [entry.turn for entry in entries] == [1, 2, 3]
    assert report.explain() == [
        f"note: partition 0: 1 records on {TOPIC} are not Freshet's and were passed over, as every reader does"
    ]
