"""The figure of what was answered against what came."""

from __future__ import annotations

from freshet.reliability import show_calibration
from freshet.render import console


def test_each_group_is_a_line_with_what_came_and_the_truth_where_it_is_known() -> None:
    bins = [
        {"labels": 1_000, "answered": 0.1, "came": 0.1, "se": 0.01, "truth": 0.11},
        {"labels": 1_001, "answered": 0.2, "came": 0.5, "se": 0.02, "truth": None},
    ]
    models = {"m\x1b": {"ece": 0.15, "ece_truth": 0.1, "calibration": bins}, "silent": {"calibration": []}}
    board = {"tasks": {"conversion": {"models": models}, "basket": {"models": {"linear": {"mae": 3.0}}}}}
    screen = console()
    screen.width = 120
    with screen.capture() as captured:
        show_calibration(screen, board)
    said = captured.get()
    assert "conversion m\\x1b  answers against what came, ECE 0.1500 (against the truth 0.1000)" in said
    lines = [line.split() for line in said.splitlines() if line.lstrip().startswith("1,00")]
    assert lines[0][:9] == ["1,000", "10.0", "%", "10.0", "%", "1.0", "%", "11.0", "%"]
    assert lines[1][7] == "–"
    assert lines[0][-1].count("*") == 1 and lines[1][-1].endswith("x")
    assert "silent" not in said and "basket" not in said
