"""``freshet score``: every model of every task, and who is champion and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import FreshetError
from dashboard.terminal.plain_text import json_line
from dashboard.terminal.reliability import show_calibration
from dashboard.terminal.score_table import show_board
from freshet.cli.broker_check import require_broker
from freshet.cli.command import DATABASE, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LOOK,
    2,
    examples="""freshet score
        freshet score --calibration
        freshet score --json""",
    takes=DATABASE,
)
def score(
    settings: Settings,
    calibration: Annotated[
        bool,
        typer.Option("--calibration", help="Show how often each model's answers came true, too."),
    ] = False,
    json: Json = False,
) -> None:
    """Show how good every model is, over the last 50,000 labels and over the newest 5,000.

    Each model predicted before it learned from the label. The share of the learnable is the way from knowing only
    the average (0 %) to knowing all that can be known before the draw (100 %). The star stands at the model that is
    served; a model marked ° has answered fewer of these labels than the others, and is scored on those alone.

    With --calibration, each model's answers stand in ten groups of equal count: what it answered, what came, and what
    the oracle says. ECE, the expected calibration error, is the mean distance of what was answered to what came.
    """
    if settings.origin["database_url"] in ("default", "runtime file"):
        require_broker(settings)  # it says best that no demo runs

    from dashboard.view.scores import Scores

    scores = Scores(settings)
    try:
        board, champions, stages = scores.board(), scores.champions(), scores.stages()
        passed_over = scores.passed_over()
    finally:
        scores.close()
    if json:
        chosen = {task: {"model": one.model, "why": one.why} for task, one in champions.items()}
        echo(json_line({**board, "champions": chosen, "passed_over": passed_over}))
        return
    if not board["tasks"]:
        message = "There are no scores yet."
        raise FreshetError(message, hint="Labels settle a few seconds after the first events: freshet demo")
    show_board(console(), board, champions, stages)
    if calibration:
        show_calibration(console(), board)
