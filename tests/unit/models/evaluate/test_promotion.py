"""The gate: what passes, what does not and why, and that its bound holds however often one looks."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks.gate import BETTER_SHARE, SERVED_SHARE, Pool, first_pass, pool_of, spread_of, study
from models.evaluate import gate, lower_bounds, sums_by_session


def losses(
    sessions: int, effect: float, *, noise: float = 0.2, seed: int = 1
) -> tuple[list[float], list[float], list[int]]:
    """Losses of a candidate and of what is served, two labels a session."""
    rng = np.random.default_rng(seed)
    theirs = np.abs(rng.normal(0.4, noise, 2 * sessions))
    mine = theirs - effect + rng.normal(0.0, noise, 2 * sessions)
    return mine.tolist(), theirs.tolist(), np.repeat(np.arange(sessions), 2).tolist()


def test_a_clearly_better_candidate_passes_with_the_figures_that_say_so() -> None:
    report = gate(*losses(2_000, 0.05))
    assert report.passed
    assert (report.sessions, report.labels) == (2_000, 4_000)
    assert report.effect == pytest.approx(0.05, abs=0.01)
    assert report.loss_served == pytest.approx(0.4, abs=0.02)
    assert report.lower_bound is not None
    assert report.effect is not None
    assert 0.0 < report.lower_bound < report.effect
    assert "with a chance of 95%" in report.why
    assert report.as_json()["passed"] is True


@pytest.mark.parametrize(
    ("sessions", "effect", "noise", "why"),
    [
        (0, 0.0, 0.2, "Nothing was answered by both yet"),
        (1, 0.3, 0.2, "At least 500 sessions must have been settled. Got 1."),
        (499, 0.3, 0.2, "At least 500 sessions must have been settled. Got 499."),
        (2_000, 0.0, 0.2, "It must lose less than what is served, beyond doubt"),
        (2_000, -0.05, 0.2, "It must lose less than what is served, beyond doubt"),
        (2_000, 0.0015, 0.001, r"It must lose at least 0.00\d+ less a label"),
    ],
)
def test_who_does_not_pass_is_told_why(sessions: int, effect: float, noise: float, why: str) -> None:
    report = gate(*losses(sessions, effect, noise=noise))
    assert not report.passed
    assert re.search(why, report.why), report.why


def test_the_same_labels_count_for_less_where_they_belong_to_fewer_sessions() -> None:
    mine, theirs, _ = losses(1_200, 0.03)
    bounds = []
    for labels_a_session in (1, 4):
        # What repeats within a session is no news.
        n = len(mine) // labels_a_session
        repeated = [np.repeat(values[:n], labels_a_session) for values in (mine, theirs)]
        mine_again, theirs_again = repeated
        report = gate(mine_again, theirs_again, np.repeat(np.arange(n), labels_a_session))
        bounds.append(report.lower_bound)
    assert bounds[0] is not None
    assert bounds[1] is not None
    assert bounds[1] < bounds[0]


def test_sessions_are_summed_whole_wherever_their_labels_stand() -> None:
    assert sums_by_session([1.0, 10.0, 2.0, 20.0], ["s", "t", "s", "t"]).tolist() == [3.0, 30.0]


def test_the_bound_is_below_the_mean_at_all_times_for_all_but_a_few() -> None:
    rng = np.random.default_rng(3)
    values = rng.exponential(1.0, (400, 3_000)) - 1.0  # as skewed as losses are
    for horizon in (1_000, 3_000, 14_300):
        ever_above = (lower_bounds(values, horizon=horizon)[:, 500:] > 0.0).any(axis=1).sum()
        assert ever_above <= 0.05 * 400
    better = values + 0.1
    assert (lower_bounds(better)[:, -1] > 0.0).mean() > 0.9


def test_the_bound_of_a_long_stream_closes_in_on_the_mean() -> None:
    values = np.random.default_rng(4).normal(1.0, 1.0, 100_000)
    bounds = lower_bounds(values)
    assert bounds[0] == -np.inf
    assert 0.97 < bounds[-1] < 1.0


def test_at_the_horizon_two_standard_errors_are_enough_and_what_was_said_there_stands() -> None:
    steady = np.tile([-1.0, 1.0], 4_000) + 2.15 / np.sqrt(4_000)
    assert lower_bounds(steady, horizon=4_000)[3_999] > 0.0
    assert lower_bounds(steady[:3_000], horizon=4_000)[-1] < 0.0
    fading = np.concatenate([steady[:4_000], np.tile([-1.0, 1.0], 2_000)])
    bounds = lower_bounds(fading, horizon=4_000)
    assert bounds[-1] == bounds[3_999]


@pytest.fixture(scope="module")
def pool() -> Pool:
    return pool_of(12_000)


def test_a_look_finds_the_gate_open_when_the_gate_itself_does(pool: Pool) -> None:
    mine, theirs, sessions = losses(3_000, 0.03)
    saved = np.array(theirs) - np.array(mine)
    at = first_pass(
        saved.reshape(-1, 2).sum(axis=1), np.array(theirs).reshape(-1, 2).sum(axis=1), np.full(3_000, 2)
    )
    assert at is not None
    assert (2 * at) % 500 == 0
    assert gate(mine[: 2 * at], theirs[: 2 * at], sessions[: 2 * at]).passed
    before = 2 * at - 500
    assert not gate(mine[:before], theirs[:before], sessions[:before]).passed


def test_an_error_is_as_large_as_the_share_that_it_leaves(pool: Pool) -> None:
    assert 0.0 < spread_of(pool, BETTER_SHARE) < spread_of(pool, SERVED_SHARE) < 1.0
    assert spread_of(pool, 1.0) == pytest.approx(0.0, abs=1e-3)


def test_few_of_equal_worth_pass_and_most_of_those_that_are_better(pool: Pool) -> None:
    """A small one of ``make study``."""
    equal = study(pool, SERVED_SHARE, 20, 20_000, seed=1)
    assert equal.passed <= 3
    better = study(pool, 1.0, 10, 20_000, seed=2)
    assert better.passed >= 9
