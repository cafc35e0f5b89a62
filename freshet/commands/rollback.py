"""``freshet rollback``: the champion before is champion again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from freshet.cli.arguments import need_task
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.lifecycle import life_of, show_change
from freshet.cli.options import Json

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(MODELS, 8, examples="freshet rollback conversion", takes=DATABASE)
def rollback(
    settings: Settings,
    task: Annotated[str, typer.Argument(help="Whose champion is to go.")],
    json: Json = False,
) -> None:
    """Retire the champion of a task: the one before is served again, or an online model where there was none.

    Nothing is loaded and nothing restarted, for the one before has gone on answering. One that broke is passed over.
    """
    need_task(task)
    with life_of(settings) as life:
        change = life.rollback(task)
    show_change(change, json=json)
