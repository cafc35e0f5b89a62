"""Nothing before a cut knows what comes after it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.batch import Example, Examples, check_split, split


def examples(rows: list[tuple[int, int, str]]) -> Examples:
    """Of (time, settled, session)."""
    return Examples.of(
        [
            Example(0, offset, session, time, settled, 1.0, {}, [0.0])
            for offset, (time, settled, session) in enumerate(rows)
        ],
        ["a"],
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(-5, 60), st.integers(0, 12)), min_size=1, max_size=120
    )
)
def test_whatever_the_rows_no_slice_knows_the_next_one(rows):
    made = examples([(time, time + later, f"s{session}") for time, later, session in rows])
    try:
        found = split(made)
    except ValueError:
        return  # too few for three slices
    fit, tune, evaluate = found.fit, found.tune, found.evaluate
    for before, after in ((fit, tune), (tune, evaluate), (fit, evaluate)):
        assert made.time_ms[before].max() < made.time_ms[after].min()
        assert made.settled_ms[before].max() < made.time_ms[after].min()
        assert not set(made.session[before]) & set(made.session[after])


def plain(count: int = 100) -> list[tuple[int, int, str]]:
    return [(10 * number, 10 * number + 5, f"s{number}") for number in range(count)]


def test_slices_are_as_large_as_asked_where_nothing_straddles():
    found = split(examples(plain()))
    assert [len(part) for part in found[:3]] == [70, 10, 20]
    assert (found.tune_ms, found.evaluate_ms) == (700, 800)


def test_a_session_that_a_cut_goes_through_is_on_neither_side():
    rows = plain()
    rows[69] = (690, 715, "over")
    rows[71] = (710, 715, "over")
    found = split(examples(rows))
    assert not {69, 71} & {*found.fit, *found.tune}
    assert [len(part) for part in found[:3]] == [69, 9, 20]


def test_a_label_that_settles_after_the_cut_is_not_learned_before_it():
    rows = plain()
    rows[3] = (30, 700, "slow")
    assert 3 not in split(examples(rows)).fit


def test_a_split_that_leaks_is_told_in_which_way():
    made = examples(plain())
    fine = split(made)
    late, slow = np.append(fine.fit, 85), examples([(*row[:1], 9_999, row[2]) for row in plain()])
    with pytest.raises(ValueError, match="as late as"):
        check_split(made, fine._replace(fit=late))
    with pytest.raises(ValueError, match="settled before"):
        check_split(slow, fine)
    shared = examples([(time, settled, "s0") for time, settled, _ in plain()])
    with pytest.raises(ValueError, match="one slice only"):
        check_split(shared, fine)
    with pytest.raises(ValueError, match="must have rows"):
        check_split(made, fine._replace(tune=fine.tune[:0]))


def test_too_few_rows_are_said():
    with pytest.raises(ValueError, match="Got 2"):
        split(examples(plain(2)))


def test_rows_in_any_order_are_put_in_order_of_time_and_missing_answers_are_nan():
    rows = [
        Example(1, 7, "b", 20, 25, 0.0, {"new": 0.5, "old": None}, [2.0]),
        Example(0, 9, "a", 10, 15, 1.0, {"old": 0.25}, [1.0]),
        Example(0, 3, "a", 10, 15, 1.0, {}, [0.0]),
    ]
    made = Examples.of(rows, ["f"])
    assert made.offset.tolist() == [3, 9, 7]
    assert made.column("f").tolist() == [0.0, 1.0, 2.0]
    assert np.array_equal(made.answers["old"], [np.nan, 0.25, np.nan], equal_nan=True)
    assert np.array_equal(made.answers["new"], [np.nan, np.nan, 0.5], equal_nan=True)
    assert made.window(np.array([0, 1, 2])) == {"0": (3, 10), "1": (7, 8)}
    assert len(Examples.of([], ["f"])) == 0
