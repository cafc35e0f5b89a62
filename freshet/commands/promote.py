"""``freshet promote``: a shadow becomes champion, if the gate says yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.terminal.plain_text import json_line
from freshet.cli.arguments import need_model
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.lifecycle import evidence_table, life_of, show_change
from freshet.cli.options import Json, ModelId
from freshet.cli.rendering import console, echo, tell

if TYPE_CHECKING:
    from consumers.lifecycle import NotPromoted
    from contracts.settings import Settings


@command(
    MODELS,
    7,
    examples="""freshet promote conversion/boosting@3
        freshet promote conversion/boosting@3 --force""",
    takes=DATABASE,
)
def promote(
    settings: Settings,
    model: ModelId,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever the gate says; that it was so is noted.")
    ] = False,
    json: Json = False,
) -> None:
    """Serve a model's answers from now on, if it has proved better than what is served.

    The gate compares losses on the same labels since it answers as a shadow, summed by session. It may be asked as
    often as you like: its bound holds at all times at once. Exit code 1 where it says no.
    """
    need_model(model)
    from consumers.lifecycle import NotPromoted

    with life_of(settings) as life:
        try:
            change = life.promote(
                model, force=force, progress=lambda labels: tell(f"{labels:,} labels compared")
            )
        except NotPromoted as error:
            _show_evidence(error, json=json)
            raise
    show_change(change, json=json)


def _show_evidence(error: NotPromoted, *, json: bool) -> None:
    if json:
        echo(json_line({"promoted": False, "evidence": error.report.as_json()}))
    elif error.report.labels:
        console().print(evidence_table(error.report.as_json()))
