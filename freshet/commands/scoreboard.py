"""``freshet scoreboard``: keeps the scores, against any broker and database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.terminal.plain_text import plain
from freshet.cli.command import DATABASE, HTTP, PARTS, command
from freshet.cli.long_running import serve_health
from freshet.cli.rendering import tell
from infra.signals import stop_event

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    PARTS,
    4,
    examples="""freshet scoreboard
        freshet scoreboard --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet""",
    takes=(*DATABASE, *HTTP),
)
def scoreboard(settings: Settings) -> None:
    """Join predictions, labels and truth into scores, until Ctrl-C.

    Scores and offsets move in one transaction, so nothing is counted twice. Where broker or database are away, it
    waits. Windowed scores also go to the topic ml.metrics.
    """
    stop = stop_event()
    from consumers.scoreboard import ScoreboardMonitor, run
    from infra.kafka import keep_client_lines
    from infra.postgres import DatabaseCheck

    keep_client_lines(settings.data_dir, "scoreboard")
    tell(f"keeping scores of {settings.bootstrap}")
    monitor = ScoreboardMonitor(DatabaseCheck(settings.database_url, settings.database_password_file))
    with serve_health(settings, monitor):
        run(
            settings,
            stop=stop,
            say=lambda line: tell(plain(line)),
            namespace=settings.namespace,
            watch=monitor,
        )
