"""Curves in one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.terminal.sparkline import resample, sparkline

VALUES = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=300)


@given(VALUES, st.integers(1, 80))
def test_a_curve_is_never_wider_than_asked(values, width):
    assert len(sparkline(values, width, -10.0, 10.0)) == min(width, len(values))


@given(VALUES, st.integers(1, 80))
def test_resampling_keeps_to_the_range_of_the_values(values, width):
    known = [v for v in values if v is not None]
    points = [v for v in resample(values, width) if v is not None]
    assert all(min(known) - 1e-6 <= p <= max(known) + 1e-6 for p in points)


def test_higher_values_have_higher_bars_and_the_range_clips():
    assert sparkline([-5.0, 0.0, 1.0, 2.0, 9.0], 10, 0.0, 2.0) == "▁▁▅██"
