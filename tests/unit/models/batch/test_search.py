"""Halving finds the best candidate, and ends when the time does."""

from __future__ import annotations

from models.batch.search import candidates, search

CHOICES = {"a": tuple(range(10)), "b": ("x", "y")}


def test_candidates_begin_with_the_defaults_and_do_not_repeat():
    found = candidates({"a": 3, "b": "x"}, CHOICES, 12, seed=1)
    assert found[0] == {"a": 3, "b": "x"}
    assert len(found) == 12
    assert all(found.count(one) == 1 for one in found)
    assert found == candidates({"a": 3, "b": "x"}, CHOICES, 12, seed=1)
    assert len(candidates({"a": 3, "b": "x"}, CHOICES, 99, seed=1)) == 20


def run(out_after: int, rows: int = 30_000):
    """A loss that falls with rows, and with how near `a` is to 7."""
    told: list[tuple[int, int, str]] = []
    found = search(
        [{"a": a} for a in range(9)],
        lambda parameters, count: abs(parameters["a"] - 7) + 1_000.0 / count,
        rows,
        is_over=lambda: len(told) >= out_after,
        progress=lambda done, most, what: told.append((done, most, what)),
    )
    return found, told


def test_the_best_third_goes_on_with_three_times_the_rows():
    found, told = run(out_after=99)
    assert [trial.rows for trial in found.trials] == [3_333] * 9 + [10_000] * 3 + [30_000] * 2
    assert found.best.parameters == {"a": 7}
    assert found.best.rows == 30_000
    assert not found.is_cut
    assert [trial.rows for trial in found.curve] == [3_333, 10_000, 30_000]
    assert [done for done, _, _ in told] == list(range(1, 15))
    assert told[-1][1] == 14


def test_when_the_time_is_up_the_best_of_those_with_most_rows_stands():
    found, _ = run(out_after=11)
    assert found.is_cut
    assert (found.best.rows, len(found.trials), found.best.parameters) == (10_000, 11, {"a": 7})
    found, _ = run(out_after=0)
    assert found.is_cut
    assert [trial.parameters for trial in found.trials] == [{"a": 0}]


def test_the_defaults_are_tried_on_as_many_rows_as_what_is_chosen_wherever_the_time_is_up():
    for out_after in range(15):
        found, _ = run(out_after=out_after)
        defaults = [one for one in found.trials if one.parameters == {"a": 0} and one.rows == found.best.rows]
        assert defaults and found.best.loss <= defaults[0].loss


def test_few_rows_are_used_whole():
    found, _ = run(out_after=99, rows=1_500)
    assert {trial.rows for trial in found.trials} == {1_500}
    assert found.best.parameters == {"a": 7}
