"""Batch answers are compared closely and may be missing on one side; which ones stand there, and who is served, not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from consumers.audit.batch import BatchPart, batch_part, batch_problem
from consumers.audit.in_force import check_in_force
from consumers.audit.refold import content_hash
from consumers.audit.report import PartitionReport
from contracts.codec import encode
from contracts.records import ModelInForce
from infra.kafka import Record

SAID: dict[str, Any] = {
    "model": "a@1",
    "answers": {"first": 0.5, "second": 0.4, "a@1": 0.25, "b@1": 0.1},
}


def problem(folded: dict[str, Any] | None = None, **changes: Any) -> tuple[str | None, Counter[str]]:
    counts: Counter[str] = Counter()
    return batch_problem(SAID | changes, batch_part(SAID | (folded or {})), counts), counts


def with_answers(**changes: float | None) -> dict[str, Any]:
    return {"answers": SAID["answers"] | {name.replace("_", "@"): value for name, value in changes.items()}}


def test_last_bits_may_differ_and_no_more() -> None:
    assert problem() == (None, Counter())
    assert problem(with_answers(a_1=0.25 * (1 + 1e-12)))[0] is None
    assert "a@1 must say" in str(problem(with_answers(a_1=0.26))[0])


def test_an_answer_that_is_no_number_differs_wherever_it_differs() -> None:
    ranked = [{"item": "p1", "score": 1.0}]
    one, other = ({"answers": SAID["answers"] | {"a@1": answer}} for answer in (ranked, []))
    assert problem(one, **one) == (None, Counter())
    for folded, said in ((one, other), (SAID, one), (one, SAID)):
        assert "a@1 must say" in str(problem(folded, **said)[0])


def test_an_answer_that_is_missing_on_one_side_is_counted_and_the_online_one_takes_its_place() -> None:
    assert problem(**with_answers(b_1=None)) == (None, Counter(silent=1))
    assert problem(with_answers(b_1=None)) == (None, Counter(unchecked=1))
    assert problem(**with_answers(a_1=None), model="first") == (None, Counter(silent=1))
    assert problem(**with_answers(a_1=None, first=None), model="second") == (None, Counter(silent=1))
    assert problem(with_answers(a_1=None) | {"model": "first"}) == (None, Counter(unchecked=1))


@pytest.mark.parametrize("served", ["first", "b@1", None])
def test_another_than_the_champion_must_not_be_served_where_it_answered(served: str | None) -> None:
    assert "a@1 must be served" in str(problem(model=served)[0])


def test_without_a_champion_the_first_online_model_must_be_served() -> None:
    assert "first must be served. It was b@1" in str(problem({"model": "first"}, model="b@1")[0])
    assert "first must be served" in str(problem(**with_answers(a_1=None), model="second")[0])


def test_the_very_models_that_stood_there_must_stand_there() -> None:
    only_a = {"first": 0.5, "a@1": 0.25}
    assert "batch models must be" in str(problem(answers=only_a)[0])
    assert "They are []" in str(problem(answers={"first": 0.5}, model="first")[0])
    assert batch_problem({"answers": {"first": 0.5}, "model": "first"}, None, Counter()) is None


def test_losses_of_outcomes_are_compared_too() -> None:
    outcome = {"answers": {"a@1": 0.5}, "losses": {"a@1": 0.7}}
    assert batch_problem(outcome, BatchPart(None, {"a@1": 0.5}, {"a@1": 0.7}), Counter()) is None
    assert "must say 0.6" in str(
        batch_problem(outcome, BatchPart(None, {"a@1": 0.5}, {"a@1": 0.6}), Counter())
    )


def test_the_hash_of_what_must_be_the_same_to_the_bit_leaves_batch_models_out() -> None:
    assert content_hash(SAID) == content_hash(SAID | with_answers(a_1=0.9) | {"model": "first"})
    assert content_hash(SAID) != content_hash(SAID | with_answers(first=0.9))
    online = {"answers": {"first": 0.5}, "model": "first"}
    assert content_hash(online) != content_hash(online | {"model": None})


def told(offset: int, stage: str = "shadow", partition: int = 0) -> Record:
    said = ModelInForce(
        task="conversion", model="a@1", stage=stage, digest="", change=None, partition=partition, offset=offset,
        time="2026-01-05T08:00:00.000Z",
    )  # fmt: skip
    return Record("ml.models", 0, 0, 0, None, encode(said), ())


@pytest.mark.parametrize(
    ("news", "kinds"),
    [
        ([told(10)], []),
        ([told(10), told(10, partition=1), Record("", 0, 0, 0, None, b"x", ()), told(3), told(99)], []),
        ([], ["missing"]),
        ([told(10, "champion")], ["missing", "duplicate"]),
        ([told(10), told(10)], ["duplicate"]),
        ([told(10), told(12)], ["duplicate"]),
    ],
)
def test_each_activation_is_told_once(news: list[Record], kinds: list[str]) -> None:
    report = PartitionReport(0, end=50)
    check_in_force("ml.models", news, {("conversion", "a@1", 10): "shadow"}, 5, report)
    assert [finding.kind for finding in report.findings] == kinds
