"""The figure of what was answered against what came."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.terminal.reliability import show_calibration
from freshet.cli.rendering import console


def _shown(board: dict[str, Any], width: int) -> str:
    screen = console()
    screen.width = width
    with screen.capture() as captured:
        show_calibration(screen, board)
    return captured.get()


def test_each_group_is_a_line_with_what_came_and_the_truth_where_it_is_known() -> None:
    bins = [
        {"labels": 1_000, "answered": 0.1, "came": 0.1, "se": 0.01, "truth": 0.11},
        {"labels": 1_001, "answered": 0.2, "came": 0.5, "se": 0.02, "truth": None},
    ]
    models = {"m\x1b": {"ece": 0.15, "ece_truth": 0.1, "calibration": bins}, "silent": {"calibration": []}}
    board = {"tasks": {"conversion": {"models": models}, "basket": {"models": {"linear": {"mae": 3.0}}}}}
    said = _shown(board, 120)
    assert "conversion m\\x1b  answers against what came, ECE 0.1500 (against the truth 0.1000)" in said
    lines = [line.split() for line in said.splitlines() if line.lstrip().startswith("1,00")]
    assert lines[0][:9] == ["1,000", "10.0", "%", "10.0", "%", "1.0", "%", "11.0", "%"]
    assert lines[1][7] == "–"
    assert lines[0][-1].count("*") == 1 and lines[1][-1].endswith("x")
    assert "silent" not in said and "basket" not in said


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (12, "answered"),
        (40, "labels answered came ± se"),
        (60, "labels answered came ± se truth"),
        (80, "labels answered came ± se truth o answered x came * both, to 100%"),
    ],
)
def test_a_narrow_terminal_shows_fewer_columns_and_each_of_them_whole(width: int, columns: str) -> None:
    bins = [{"labels": 1_234_567, "answered": 1.0, "came": 0.9, "se": 0.125, "truth": 0.95}]
    board = {"tasks": {"basket": {"models": {"m": {"ece": 0.1, "ece_truth": None, "calibration": bins}}}}}
    _, header, row = (line.split() for line in _shown(board, width).splitlines() if line.strip())
    assert header == columns.split()
    whole = {
        "labels": "1,234,567",
        "answered": "100.0 %",
        "came": "90.0 %",
        "± se": "12.5 %",
        "truth": "95.0 %",
    }
    cells = " ".join(text for name, text in whole.items() if name in columns.partition(" o ")[0])
    assert " ".join(row).startswith(cells)
    assert "…" not in " ".join(row)
