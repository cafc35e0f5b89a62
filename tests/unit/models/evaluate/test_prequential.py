"""Windows, fading means, and the way back from a drift."""

from __future__ import annotations

import numpy as np
import pytest

from models import evaluate


@pytest.mark.parametrize("added", [0, 1, 6, 7, 8, 20])
def test_a_window_holds_the_newest_rows_oldest_first(added: int) -> None:
    window = evaluate.Window(size=7, width=2)
    for n in range(added):
        window.add(float(n), -float(n))
    assert len(window) == min(added, 7)
    assert window.rows()[:, 0].tolist() == [float(n) for n in range(added)][-7:]


def test_a_window_needs_room() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        evaluate.Window(size=0, width=1)


def test_a_fading_mean_is_the_mean_at_first_and_forgets_later() -> None:
    fading = evaluate.Fading(memory=100)
    assert np.isnan(fading.mean)
    for _ in range(1_000):
        fading.add(5.0)
    assert fading.mean == pytest.approx(5.0)
    for _ in range(100):
        fading.add(0.0)
    assert fading.mean == pytest.approx(5.0 / np.e, rel=1e-3)


def test_a_fading_mean_needs_a_memory() -> None:
    with pytest.raises(ValueError, match="positive"):
        evaluate.Fading(memory=0)


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
