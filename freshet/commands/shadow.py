"""``freshet shadow``: a trained model answers on the live stream, unserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from freshet.cli.arguments import need_model
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.lifecycle import life_of, show_change
from freshet.cli.options import Json, ModelId

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    MODELS,
    6,
    examples="""freshet shadow conversion/boosting@3
        freshet shadow conversion/boosting@3 --end""",
    takes=DATABASE,
)
def shadow(
    settings: Settings,
    model: ModelId,
    end: Annotated[bool, typer.Option("--end", help="It is to answer no more.")] = False,
    json: Json = False,
) -> None:
    """Let a model of the registry answer beside the others: it is scored on the same labels, and not served.

    From which offset on it does is the same after every crash, for that stands in the log.
    """
    need_model(model)
    with life_of(settings) as life:
        change = life.retire(model) if end else life.shadow(model)
    show_change(change, json=json)
