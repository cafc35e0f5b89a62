"""Models that are out answer null from then on, and no others do."""

from __future__ import annotations

import json

from consumers.audit.quarantine import Quarantines
from infra.kafka import Record


def announced(task: str, model: str, offset: int, partition: int = 0) -> Record:
    said = {
        "type": "ModelQuarantined",
        "task": task,
        "model": model,
        "partition": partition,
        "offset": offset,
        "reason": "it raised",
    }
    return Record("ml.models", 0, 0, 0, None, json.dumps(said).encode(), ())


def test_null_is_right_from_the_quarantine_on_and_wrong_before() -> None:
    out = Quarantines([announced("conversion", "m", 10)], 0, {}, [])
    assert out.announced == {("conversion", "m", 10)}
    assert out.problem("conversion", 9, {"m": 0.5}) is None
    assert out.problem("conversion", 10, {"m": None}) is None
    assert out.problem("conversion", 11, {"m": None, "n": 0.5}) is None
    assert "no record takes it out" in str(out.problem("conversion", 9, {"m": None}))
    assert "no record takes it out" in str(out.problem("conversion", 11, {"n": None}))
    assert "no record takes it out" in str(out.problem("basket", 11, {"m": None}))
    assert "is out from offset 10 on, and answered offset 11" in str(
        out.problem("conversion", 11, {"m": 0.5})
    )


def test_at_the_very_record_either_may_be() -> None:
    out = Quarantines([announced("conversion", "m", 10)], 0, {}, [])
    assert out.problem("conversion", 10, {"m": 0.5}) is None


def test_new_code_may_bring_a_model_back_and_take_it_out_without_a_word() -> None:
    out = Quarantines([announced("conversion", "m", 10)], 0, {("conversion", "n"): 5}, [20])
    assert out.problem("conversion", 25, {"m": 0.5}) is None
    assert out.problem("conversion", 19, {"m": 0.5}) is not None
    assert out.problem("conversion", 25, {"n": None}) is None
    assert out.announced == {("conversion", "m", 10)}


def test_another_partitions_quarantine_and_other_records_are_passed_over() -> None:
    strange = [
        Record("ml.models", 0, 0, 0, None, value, ()) for value in (None, b"x", b"[]", b"{}", b'{"type":1}')
    ]
    out = Quarantines([announced("conversion", "m", 10, partition=1), *strange], 0, {}, [])
    assert out.announced == frozenset()
    assert out.problem("conversion", 11, {"m": None}) is not None


def test_an_announcement_that_the_fold_contradicts_is_a_strangers() -> None:
    forged = [announced("conversion", "m", 10), announced("conversion", "a@1", 10)]
    out = Quarantines(forged, 0, {}, [], folded_since=5)
    assert out.announced == {("conversion", "a@1", 10)}  # what batch models answer is not folded
    assert out.problem("conversion", 11, {"m": 0.5}) is None
    assert Quarantines(
        forged, 0, {("conversion", "m"): 10}, [], folded_since=5
    ).announced == out.announced | {("conversion", "m", 10)}
    assert Quarantines(forged, 0, {}, [], folded_since=11).problem("conversion", 12, {"m": 0.5}) is not None
