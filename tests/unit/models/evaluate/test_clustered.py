"""Errors clustered by session, calibration and the test for leaks."""

from __future__ import annotations

import numpy as np
import pytest

from models import evaluate


def sessions_of(n: int, each: int) -> np.ndarray:
    return np.array([f"s{i // each}" for i in range(n)])


def test_the_error_of_values_that_repeat_is_that_of_their_sessions() -> None:
    values = np.random.default_rng(0).normal(size=400)
    plain = values.std(ddof=1) / np.sqrt(len(values))
    assert evaluate.clustered_se(values, sessions_of(400, 1)) == pytest.approx(plain)
    assert evaluate.clustered_se(np.repeat(values, 4), sessions_of(1600, 4)) == pytest.approx(plain)


def test_one_session_alone_has_no_error() -> None:
    assert np.isnan(evaluate.clustered_se([1.0, 2.0], ["a", "a"]))
    assert np.isnan(evaluate.clustered_se([], []))


def shop(n: int = 60_000, each: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    p = np.repeat(rng.beta(0.6, 3.0, n // each), each)
    labels = np.repeat((rng.random(n // each) < p[::each]).astype(float), each)
    return labels, p, sessions_of(n, each)


def test_a_model_that_sees_the_label_is_a_leak_and_the_oracle_itself_is_none() -> None:
    labels, p, sessions = shop()
    bayes = evaluate.log_losses(labels, p)
    told = evaluate.log_losses(labels, 0.95 * p + 0.05 * labels)
    assert evaluate.is_leak(told, bayes, sessions)
    assert not evaluate.is_leak(bayes, bayes, sessions)
    assert not evaluate.is_leak(evaluate.log_losses(labels, 0.9 * p), bayes, sessions)


def test_a_model_that_had_a_little_luck_is_no_leak() -> None:
    labels, p, sessions = shop()
    bayes = evaluate.log_losses(labels, p)
    lucky = evaluate.log_losses(labels, p * labels.mean() / p.mean())
    assert lucky.mean() < bayes.mean()
    assert not evaluate.is_leak(lucky, bayes, sessions)


def test_a_leak_is_not_told_from_too_few_decisions() -> None:
    labels, p, sessions = shop(49_996)
    told = evaluate.log_losses(labels, 0.9 * p + 0.1 * labels)
    assert not evaluate.is_leak(told, evaluate.log_losses(labels, p), sessions)


def test_calibrated_answers_are_within_their_errors_and_shifted_ones_are_not() -> None:
    labels, p, sessions = shop()
    good = evaluate.calibration(labels, p, sessions)
    assert [part.count for part in good] == [6_000] * 10
    assert max(part.errors_off for part in good) < 3.5
    bad = evaluate.calibration(labels, np.clip(p + 0.05, 0, 1), sessions)
    assert max(part.errors_off for part in bad) > 3.5


def test_bins_without_answers_are_left_out() -> None:
    (only,) = evaluate.calibration([1.0], [0.5], ["a"])
    assert (only.count, only.answered, only.happened) == (1, 0.5, 1.0)
