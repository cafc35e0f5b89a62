"""The table of all scores."""

from __future__ import annotations

from typing import Any

from consumers.scoreboard import Champion
from dashboard.terminal.score_table import show_board
from freshet.cli.rendering import console


def scores(labels: int, loss: float, newest: int) -> dict[str, Any]:
    window = {"labels": newest, "log_loss": loss, "share_of_learnable": 0.9, "share_se": 0.01}
    return {"labels": labels, "log_loss": loss, "window": window}


def test_the_star_stands_at_the_served_model_and_fewer_labels_are_marked_and_said() -> None:
    models = {
        "first": scores(9_000, 0.3, 5_000),
        "trees@1": scores(1_200, 0.2, 1_200),
        "silent": scores(0, 0.0, 0),
    }
    board = {"tasks": {"conversion": {"labels": 9_000, "models": models}}, "drift": None}
    screen = console()
    with screen.capture() as captured:
        show_board(screen, board, {"conversion": Champion("first", "first in the order of serving")}, {})
    said = captured.get()
    assert "★ first " in said and said.count("★") == 1
    assert "  trees@1° " in said and "first°" not in said and "silent°" not in said
    assert "° scored on fewer labels, those that it answered: trees@1 1,200" in said
    assert "newest 5,000" in said
    assert "90.0 ± 1.0 %" in said
