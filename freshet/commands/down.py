"""``freshet down``: ends what runs on a data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.terminal.plain_text import styled
from freshet.cli.command import LIVE, LOCAL, command
from freshet.cli.rendering import console

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LIVE,
    3,
    examples="""freshet down
        freshet down --data-dir ~/shop""",
    takes=LOCAL,
)
def down(settings: Settings) -> None:
    """End the broker and database that `freshet demo --keep` left up, or a demo that runs; the data stay."""
    from infra.embedded import find_running, stop_running

    screen = console()
    running = find_running(settings.data_dir)
    if stop_running(settings.data_dir):
        what = f"process {running.pid}, broker {running.bootstrap}" if running is not None else "it"
        screen.print(styled(f"Ended on {settings.data_dir}: {what}.", "green"), soft_wrap=True)
    else:
        screen.print(styled(f"Nothing runs on {settings.data_dir}."), soft_wrap=True)
