"""Scores on expected losses: what they bound, and that luck is not in them."""

from __future__ import annotations

import numpy as np
import pytest

from models import evaluate


def test_the_mean_of_realised_losses_is_the_expected_loss() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(400_000) < 0.3
    for answer in (0.05, 0.3, 0.6):
        p = np.full(len(labels), answer)
        expected = evaluate.expected_log_losses([0.3], [answer])[0]
        assert evaluate.log_loss(labels, p) == pytest.approx(expected, abs=0.01)


def test_nothing_is_above_the_truth_and_the_best_constant_is_at_0() -> None:
    rng = np.random.default_rng(1)
    truth = rng.beta(0.6, 3.0, 2_000)
    assert evaluate.expected_share(truth, truth) == 1.0
    constants = [
        evaluate.expected_share(truth, np.full(2_000, p)) for p in truth.mean() * np.array([0.9, 1.1])
    ]
    assert all(share is not None and -0.05 < share < 0.0 for share in constants)
    for _ in range(100):
        other = np.clip(truth + rng.normal(0.0, 0.01, len(truth)), 0.0, 1.0)
        share = evaluate.expected_share(truth, other)
        assert share is not None and share < 1.0


def test_it_varies_far_less_from_draw_to_draw_of_the_same_chances_than_the_realised_share() -> None:
    rng = np.random.default_rng(2)
    truth = np.repeat(rng.beta(0.6, 3.0, 60 * 1_000), 4)
    answers = np.clip(truth * 0.8 + 0.03, 0.0, 1.0)
    labels = np.repeat(rng.random(60 * 1_000) < truth[::4], 4).astype(float)
    blocks = [slice(n, n + 4_000) for n in range(0, len(truth), 4_000)]
    expected = [evaluate.expected_share(truth[block], answers[block]) for block in blocks]
    realised = [evaluate.realised_share(labels[block], answers[block], truth[block]) for block in blocks]
    assert np.std(np.array(expected, dtype=float)) < 0.2 * np.std(np.array(realised, dtype=float))
    assert np.mean(np.array(expected, dtype=float)) == pytest.approx(
        np.mean(np.array(realised, dtype=float)), abs=0.02
    )


@pytest.mark.parametrize("truth", [[], [0.2, 0.2, 0.2], [0.0, 1e-5]])
def test_there_is_no_share_where_there_is_nothing_to_learn(truth: list[float]) -> None:
    assert evaluate.expected_share(truth, truth) is None


def test_answers_beyond_the_clip_lose_without_end_no_more() -> None:
    assert np.isfinite(evaluate.expected_log_losses([0.5, 0.5], [0.0, 1.0])).all()


def test_the_calibration_error_is_how_far_answers_are_off() -> None:
    rng = np.random.default_rng(3)
    truth = rng.beta(0.6, 3.0, 40_000)
    labels = (rng.random(len(truth)) < truth).astype(float)
    sessions = np.arange(len(truth)).astype(str)
    right = evaluate.expected_calibration_error(evaluate.calibration(labels, truth, sessions))
    high = evaluate.expected_calibration_error(evaluate.calibration(labels, truth * 0.8 + 0.2, sessions))
    of_truth = evaluate.expected_calibration_error(evaluate.calibration(truth, truth * 0.8 + 0.2, sessions))
    assert right < 0.01
    assert high == pytest.approx(0.2 * (1.0 - truth.mean()), abs=0.01)
    assert of_truth == pytest.approx(0.2 * (1.0 - truth.mean()), abs=1e-9)
    assert np.isnan(evaluate.expected_calibration_error([]))


def test_the_error_of_the_share_is_what_it_varies_by_from_sessions_to_sessions() -> None:
    rng = np.random.default_rng(4)
    chances = rng.beta(0.6, 3.0, 400 * 500)
    # Answers off by the same amount throughout a session, of a length of its own.
    lengths = rng.integers(1, 8, len(chances))
    sessions = np.repeat(np.arange(len(chances)), lengths)
    truth = np.repeat(chances, lengths)
    answers = np.clip(truth + np.repeat(rng.normal(0.0, 0.05, len(chances)), lengths), 0.001, 0.999)
    ends = np.cumsum(lengths)[499::500]
    blocks = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    shares = [evaluate.expected_share(truth[at], answers[at]) for at in blocks]
    errors = [evaluate.expected_share_se(truth[at], answers[at], sessions[at]) for at in blocks]
    apart = [
        evaluate.expected_share_se(truth[at], answers[at], np.arange(at.stop - at.start)) for at in blocks
    ]
    spread = np.std(np.array(shares, dtype=float))
    assert np.mean(np.array(errors, dtype=float)) == pytest.approx(spread, rel=0.1)
    assert np.mean(np.array(apart, dtype=float)) < 0.6 * spread


def test_the_error_needs_two_sessions_and_something_to_learn() -> None:
    one = evaluate.expected_share_se([0.1, 0.9], [0.2, 0.8], ["a", "a"])
    assert one is not None and np.isnan(one)
    assert evaluate.expected_share_se([0.2, 0.2], [0.1, 0.3], ["a", "b"]) is None
