"""Folding again: where to begin, and the first turn that differs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from consumers.audit.journal import Entry
from consumers.audit.refold import Beginning, Refold, beginning, content_hash
from consumers.audit.report import PartitionReport
from consumers.engine import GENESIS, Step, link
from contracts.bounds import RankedItem
from contracts.errors import BadRecord
from contracts.features import encode_features
from contracts.records import Features, ModelQuarantined, Outcome, Prediction
from infra.kafka import Record
from infra.postgres import Snapshot


def prediction(offset: int, answer: float = 0.5) -> Prediction:
    return Prediction(
        task="conversion",
        partition=0,
        offset=offset,
        event_id=f"e{offset}",
        user_id="u",
        session_id="s",
        time="t",
        answers={"m": answer},
        model="m",
        prediction=answer,
        latency_ms=offset,
    )


@dataclass
class Counting:
    """A fold whose state is the number of records; refuses every value that says so."""

    fingerprint: str = "code"
    steps: int = 0
    offsets: list[int] = field(default_factory=list)

    def step(self, record: Record) -> Step:
        if record.value == b"bad":
            raise BadRecord("not-json", "bad")
        self.steps += 1
        self.offsets.append(record.offset)
        outputs: list[Any] = [prediction(record.offset, self.steps / 100)]
        if record.value == b"break":
            outputs.append(
                ModelQuarantined(task="conversion", model="m", partition=0, offset=record.offset, reason="r")
            )
        return Step(outputs, str(self.steps).encode())

    def complete(self) -> list[Any]:
        return []

    def opening(self) -> Any:
        return []

    def outgoing(self, outputs: Any, record: Record, now_ms: int) -> Any:
        return []

    def snapshot(self) -> bytes:
        return str(self.steps).encode()

    def restore(self, payload: bytes) -> None:
        self.steps = int(payload)


def chain_after(steps: int) -> bytes:
    chain = GENESIS
    for step in range(1, steps + 1):
        chain = link(chain, str(step).encode())
    return chain


def entry(turn: int, start: int, end: int, **changes: Any) -> Entry:
    made = Entry(2 * turn, 1, turn, start, end, 0, chain_after(end).hex(), "log", "code", None)
    return made._replace(**changes)


def snapshot(after: Entry, **changes: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "group": "g",
        "partition": 0,
        "generation": after.generation,
        "turn": after.turn,
        "end_offset": after.end,
        "journal_offset": after.at,
        "topic_id": "log",
        "chain": after.chain,
        "fingerprint": after.fingerprint,
        "payload": str(after.end).encode(),
    }
    return Snapshot(**(fields | changes))


TURNS = [entry(1, 0, 10), entry(2, 10, 20), entry(3, 20, 30)]


def never() -> list[Snapshot]:
    pytest.fail("no snapshot is needed")


def folded(turns: list[Entry], begin: Beginning, values: dict[int, bytes] | None = None) -> Refold:
    refold = Refold(Counting(), begin, turns, PartitionReport(0), "ml.journal.g")
    for offset in range(turns[-1].end):
        refold.add(Record("t", 0, offset, 0, None, (values or {}).get(offset, b"good"), ()))
    refold.finish()
    return refold


def test_it_begins_at_the_origin_where_the_log_still_has_it() -> None:
    assert beginning(TURNS, 0, "code", never) == Beginning(0, GENESIS, None)


def test_it_begins_at_the_oldest_snapshot_that_the_journal_confirms_where_the_log_was_cut() -> None:
    second, third = snapshot(TURNS[1]), snapshot(TURNS[2])
    too_old = snapshot(TURNS[0])
    strange = [
        snapshot(TURNS[1], **change) for change in ({"chain": "00"}, {"turn": 9}, {"journal_offset": 5})
    ]
    found = beginning(TURNS, 15, "code", lambda: [third, second, too_old, *strange])
    assert found == Beginning(20, chain_after(20), b"20")
    refold = folded(TURNS, Beginning(20, chain_after(20), b"20"))
    assert refold.chain == chain_after(30)
    assert refold.report.findings == []
    assert set(refold.predictions) == {("conversion", offset) for offset in range(20, 30)}


@pytest.mark.parametrize("snapshots", [[], [snapshot(TURNS[0])], [snapshot(TURNS[1], generation=2)]])
def test_without_a_snapshot_a_cut_log_can_not_be_folded(snapshots: list[Snapshot]) -> None:
    assert "no snapshot to fold from" in str(beginning(TURNS, 15, "code", lambda: snapshots))


def test_other_code_can_not_fold_to_the_same_bits() -> None:
    assert "other code than this" in str(beginning(TURNS, 0, "new code", never))


def test_a_fold_that_agrees_at_each_turn_has_its_values_compared() -> None:
    refold = folded(TURNS, Beginning(0, GENESIS, None))
    assert refold.report.findings == []
    assert refold.chain.hex() == TURNS[-1].chain
    assert refold.predictions[("conversion", 7)] == content_hash(prediction(7, 0.08))
    assert len(refold.predictions) == 30


def test_the_first_turn_that_differs_is_told_and_values_are_compared_up_to_it() -> None:
    turns = [TURNS[0], entry(2, 10, 20, chain="00"), entry(3, 20, 30, chain="11")]
    refold = folded(turns, Beginning(0, GENESIS, None))
    (finding,) = refold.report.findings
    assert (finding.kind, finding.offset) == ("chain", 4)
    assert "turn 2 (offsets 10 to 20) committed chain 00" in finding.what
    assert set(refold.predictions) == {("conversion", offset) for offset in range(10)}


def test_what_the_fold_refuses_and_takes_out_is_kept() -> None:
    turns = [entry(1, 0, 10, chain=chain_after(9).hex())]
    refold = folded(turns, Beginning(0, GENESIS, None), {4: b"bad", 6: b"break"})
    assert refold.report.findings == []
    assert refold.refused == {4: "not-json"}
    assert refold.quarantined == {("conversion", "m"): 6}


def test_answers_of_older_code_are_not_compared() -> None:
    turns = [TURNS[0]._replace(fingerprint="old", chain="00"), *(t._replace(generation=2) for t in TURNS[1:])]
    refold = folded(turns, Beginning(0, GENESIS, None))
    assert refold.report.findings == []
    assert refold.since == 10
    assert set(refold.predictions) == {("conversion", offset) for offset in range(10, 30)}


def test_a_hash_covers_all_that_the_state_decides_and_no_clock() -> None:
    one = {name: getattr(prediction(1), name) for name in Prediction.__struct_fields__}
    assert content_hash(one | {"latency_ms": None}) == content_hash(prediction(1))
    for change in (
        {"answers": {"m": 0.25}},
        {"answers": {"n": 0.5}},
        {"model": None},
    ):
        assert content_hash(one | change) != content_hash(one)
    seen = Features(task="conversion", offset=1, feature_set=7, values=[1.0, 2.0])
    assert content_hash(seen) == content_hash(json.loads(encode_features(seen)))
    for other in (replace(seen, feature_set=8), replace(seen, values=[2.0, 1.0])):
        assert content_hash(other) != content_hash(seen)
    given: dict[str, Any] = {
        "label": 1.0,
        "why": "order",
        "settled_offset": 9,
        "answers": {"m": 0.5},
        "losses": {},
    }
    outcome = dict.fromkeys(Outcome.__struct_fields__) | given
    changes: list[dict[str, Any]] = [
        {"label": 0.0},
        {"label": None},
        {"why": "silence"},
        {"settled_offset": 8},
        {"answers": {"m": None}},
        {"losses": {"m": 0.7}},
    ]
    for change in changes:
        assert content_hash(outcome | change) != content_hash(outcome)


def test_answers_that_are_no_numbers_are_compared_as_the_record_has_them() -> None:
    ranked = replace(
        prediction(1), answers={"m": [RankedItem("a", 1.0), RankedItem("b", 0.5, {"price": 1.0})]}
    )
    grouped = replace(prediction(1), answers={"m": {"cluster": 1.0, "distance": 0.5}})
    for one in (ranked, grouped):
        assert content_hash(msgspec.json.decode(msgspec.json.encode(one))) == content_hash(one)
    assert len({content_hash(one) for one in (ranked, grouped, prediction(1))}) == 3
