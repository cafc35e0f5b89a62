"""What the chain takes in: numbers as they always were, and every difference of all other answers."""

from __future__ import annotations

import struct
from itertools import combinations

from consumers.learner.packing import pack
from contracts.bounds import Answer, RankedItem
from contracts.records import Prediction


def packed(*answers: Answer | None) -> bytes:
    given = {str(number): answer for number, answer in enumerate(answers)}
    time = "2026-01-05T08:00:00.000Z"
    return pack(
        [
            Prediction(
                task="t",
                partition=0,
                offset=7,
                event_id="e",
                user_id="u",
                session_id="s",
                time=time,
                model=None,
                prediction=None,
                answers=given,
            )
        ]
    )


def test_numbers_are_eight_bytes_each_and_a_missing_answer_is_the_one_nan() -> None:
    assert packed(0.25, None, 3.0).endswith(struct.pack("<3d", 0.25, float("nan"), 3.0))


def test_answers_that_differ_anywhere_are_packed_differently() -> None:
    answers: list[tuple[Answer | None, ...]] = [
        ([RankedItem("a", 1.0), RankedItem("b", 0.5)],),
        ([RankedItem("b", 1.0), RankedItem("a", 0.5)],),
        ([RankedItem("a", 1.0)],),
        ([RankedItem("a", 1.0, {"price": 1.0})],),
        ([RankedItem("a", 1.0, {"brand": 1.0})],),
        ([],),
        ({"cluster": 1.0, "distance": 0.5},),
        ({"cluster": 1.0, "distance": 0.25},),
        ({"arm": "five", "propensity": 0.5, "estimates": {"five": 1.0}},),
        ({"arm": "none", "propensity": 0.5, "estimates": {"five": 1.0}},),
        ({"arm": "five", "propensity": 0.5, "estimates": {"none": 1.0}},),
        (None,),
        (0.0,),
    ]
    assert all(packed(*one) != packed(*other) for one, other in combinations(answers, 2))
