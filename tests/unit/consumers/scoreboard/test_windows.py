"""Windowed scores over time."""

from __future__ import annotations

import math

import pytest

from consumers.scoreboard.windows import EVERY_LABELS, Windows
from contracts.codec import rfc3339
from models.evaluate import expected_share
from models.kinds import Lines, ScoredLabel

T0 = 1_767_600_000_000


def label(n: int, task: str = "conversion", *, knows: bool = True) -> ScoredLabel:
    value = float(n % 5 == 0)
    answers = {"logistic": 0.2 + 0.1 * value}
    lines = Lines(T0, 0.9, 0.2 + 0.2 * value, None) if knows else None
    return ScoredLabel(task, 0, n, T0 + n, T0 + n, f"u-{n}", f"s-{n}", value, answers, lines)


def test_a_point_is_made_every_thousand_labels_of_a_task():
    windows = Windows()
    points = [windows.add(label(n)) for n in range(2 * EVERY_LABELS + 10)]
    made = [(n, point) for n, point in enumerate(points) if point is not None]
    assert [n for n, _ in made] == [999, 1_999]
    _, point = made[1]
    assert (point.task, point.labels, point.window_labels) == ("conversion", 2_000, 2_000)
    assert point.time == rfc3339(T0 + 1_999)
    scores = point.models["logistic"]
    assert scores["share_realised"] == pytest.approx(math.log(0.3 / 0.2) / math.log(0.4 / 0.2))
    # One in five answered 0.3 where the chance was 0.4; all others right.
    assert scores["share_of_learnable"] == pytest.approx(expected_share([0.4, *[0.2] * 4], [0.3, *[0.2] * 4]))
    assert scores["share_se"] is not None
    assert point.oracle["prior"] == pytest.approx(0.5004, abs=1e-4)


def test_a_window_holds_the_newest_five_thousand():
    windows = Windows()
    points = [windows.add(label(n)) for n in range(7_000)]
    assert points[-1] is not None
    assert (points[-1].labels, points[-1].window_labels) == (7_000, 5_000)
    assert sum(point is not None for point in points) == 7


def test_restored_it_goes_on_as_if_it_had_never_stopped():
    through = Windows()
    points = [through.add(label(n)) for n in range(8_000)]
    for cut in (1, 4_500, 6_999, 7_000):
        windows = Windows()
        windows.restore("conversion", cut, [label(n) for n in range(max(0, cut - 5_000), cut)])
        assert [windows.add(label(n)) for n in range(cut, 8_000)] == points[cut:]


def test_labels_without_truth_are_left_out_while_others_have_it():
    windows = Windows()
    *_, point = [windows.add(label(n, knows=n % 2 == 0)) for n in range(1_000)]
    assert point is not None
    assert point.window_labels == 500
    assert len(list(windows.waiting("conversion"))) == 500


def test_a_regression_has_its_own_metrics_and_no_oracle():
    windows = Windows()
    *_, point = [windows.add(label(n, "basket", knows=False)) for n in range(1_000)]
    assert point is not None
    assert set(point.models["logistic"]) == {"labels", "mae", "rmse", "r2"}
    assert point.oracle == {}
