"""The scoreboard: joins labels with the truth, keeps the scores of every model, and says them to whoever asks.

`run` is the process, `ScoreboardMonitor` tells machines how it is.
The rest reads its tables: `totals`, `read_board`, `history`, `champions`, `LagMeter`.
"""

from consumers.scoreboard.board import BOARD_LABELS, DRIFT_WINDOW, WINDOW_LABELS, AfterDrift, board, role_of
from consumers.scoreboard.monitor import ScoreboardMonitor
from consumers.scoreboard.process import run
from consumers.scoreboard.reading import (
    Champion,
    LagMeter,
    Totals,
    champions,
    forget,
    history,
    read_board,
    totals,
)

__all__ = [
    "BOARD_LABELS",
    "DRIFT_WINDOW",
    "WINDOW_LABELS",
    "AfterDrift",
    "Champion",
    "LagMeter",
    "ScoreboardMonitor",
    "Totals",
    "board",
    "champions",
    "forget",
    "history",
    "read_board",
    "role_of",
    "run",
    "totals",
]
