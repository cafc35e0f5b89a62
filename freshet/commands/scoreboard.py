"""``freshet scoreboard``: keeps the scores, against any broker and database."""

from __future__ import annotations

from dashboard.terminal.plain_text import plain
from freshet.cli.long_running import monitored
from freshet.cli.options import (
    Bootstrap,
    DatabaseUrl,
    DataDir,
    HttpHost,
    HttpPort,
    PasswordFile,
    settings_from,
)
from freshet.cli.rendering import tell
from infra.signals import until_told

EXAMPLES = """freshet scoreboard
freshet scoreboard --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet"""


def scoreboard(
    data_dir: DataDir = None,
    bootstrap: Bootstrap = None,
    database_url: DatabaseUrl = None,
    password_file: PasswordFile = None,
    http_port: HttpPort = None,
    http_host: HttpHost = None,
) -> None:
    """Join predictions, labels and truth into scores, until Ctrl-C.

    Scores and offsets move in one transaction, so nothing is counted twice. Where broker or database are away, it
    waits. Windowed scores also go to the topic ml.metrics.
    """
    told = until_told()
    settings = settings_from(
        data_dir=data_dir,
        bootstrap=bootstrap,
        database_url=database_url,
        database_password_file=password_file,
        http_port=http_port,
        http_host=http_host,
    )
    from consumers.scoreboard import ScoreboardMonitor, run
    from infra.kafka import keep_client_lines
    from infra.postgres import DatabaseCheck

    keep_client_lines(settings.data_dir, "scoreboard")
    tell(f"keeping scores of {settings.bootstrap}")
    monitor = ScoreboardMonitor(DatabaseCheck(settings.database_url, settings.database_password_file))
    with monitored(settings, monitor):
        run(
            settings,
            stop=told,
            say=lambda line: tell(plain(line)),
            namespace=settings.namespace,
            watch=monitor,
        )
