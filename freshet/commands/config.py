"""``freshet config``: every setting, its value, and where that came from."""

from __future__ import annotations

from rich.table import Table

from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.options import DataDir, Json, settings_from
from freshet.cli.rendering import console, echo

EXAMPLES = """freshet config
freshet config --json
FRESHET_RATE=2000 freshet config"""


def config(
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print every setting, passwords masked, and where each value came from.

    The nearest wins: a flag, the environment, .env, a running demo, the default.
    """
    from contracts.settings import Settings, shown, sources

    settings = settings_from(data_dir=data_dir)
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
            styled(Settings.model_fields[name].description or ""),
        )
    console().print(table)
