from __future__ import annotations

import pytest

from models.features.robust_mean import RobustMean


def test_nothing_is_absurd_before_something_is_usual() -> None:
    usual = RobustMean()
    for _ in range(19):
        usual.add(10.0)
    assert not usual.is_outlier(1e9)
    usual.add(10.0)
    assert usual.is_outlier(1e9)
    assert not usual.is_outlier(1_000.0)


def test_what_is_usual_follows_a_shop_that_changes_for_good() -> None:
    usual = RobustMean(memory=100)
    for _ in range(500):
        usual.add(10.0)
    for _ in range(3_000):
        usual.add(1e6)
    assert usual.amount == pytest.approx(1e6, rel=0.01)


def test_an_absurd_beginning_is_forgotten() -> None:
    usual = RobustMean()
    usual.add(1e9)
    for _ in range(15_000):
        usual.add(10.0)
    assert usual.amount == pytest.approx(10.0, rel=0.1)
