"""``freshet config``: every setting, its value, and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.command import LOCAL, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LOOK,
    8,
    examples="""freshet config
        freshet config --json
        FRESHET_RATE=2000 freshet config""",
    takes=LOCAL,
)
def config(settings: Settings, json: Json = False) -> None:
    """Print every setting, passwords masked, and where each value came from.

    The nearest wins: a flag, the environment, .env, a running demo, the default.
    """
    from contracts.settings import shown, sources

    values, came = shown(settings), sources(settings)
    if json:
        echo(json_line({**values, "sources": came}))
        return
    table = Table(box=None, header_style="dim", padding=(0, 1))
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from", no_wrap=True)
    table.add_column("what it is", style="dim")
    for name, value in values.items():
        origin = came[name]
        table.add_row(
            f"FRESHET_{name.upper()}",
            styled("not set" if value is None else value, "dim" if value is None else ""),
            styled(origin, "" if origin == "default" else "green"),
            styled(type(settings).model_fields[name].description or ""),
        )
    console().print(table)
