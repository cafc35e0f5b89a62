"""The way back from a drift."""

from __future__ import annotations

import numpy as np
import pytest

from models import evaluate


def after_drift(wrong_for: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    bayes = np.where(rng.random(40_000) < 0.5, 0.05, 0.6)
    return bayes, np.where(np.arange(40_000) < wrong_for, 0.65 - bayes, bayes)


def test_a_model_is_back_when_a_window_after_the_drift_is() -> None:
    found = evaluate.recovery(*after_drift(5_000))
    assert found.lowest_share is not None
    assert found.lowest_share < 0
    assert found.share_at_end == pytest.approx(1.0)
    # A window is at 0.8 when few of the wrong answers are left in it.
    back = found.back_after_decisions
    assert back is not None
    assert 14_000 < back < 15_000
    shares = evaluate.trailing_shares(*after_drift(5_000), 10_000)
    assert shares[back - 10_001] < 0.80 <= shares[back - 10_000]


def test_a_model_that_never_errs_is_back_with_the_first_window() -> None:
    assert evaluate.recovery(*after_drift(0)).back_after_decisions == 10_000


def test_a_model_that_never_learns_is_not_back() -> None:
    assert evaluate.recovery(*after_drift(40_000)).back_after_decisions is None


def test_too_few_decisions_tell_nothing() -> None:
    bayes, p = (part[:9_999] for part in after_drift(0))
    assert evaluate.recovery(bayes, p) == evaluate.Recovery(None, None, None)


def test_trailing_shares_are_those_of_each_window() -> None:
    bayes, p = after_drift(3_000)
    shares = evaluate.trailing_shares(bayes, p, 2_000)
    assert len(shares) == 38_001
    at = slice(2_500, 4_500)
    assert shares[2_500] == pytest.approx(evaluate.expected_share(bayes[at], p[at]))
