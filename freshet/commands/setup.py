"""``freshet setup``: topics and tables, before anything runs on a broker and a database of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.terminal.plain_text import plain
from freshet.cli.broker_check import require_broker, with_partitions_found
from freshet.cli.command import DATABASE, PARTS, command
from freshet.cli.rendering import tell

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    PARTS,
    1,
    examples="""freshet setup --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet
        freshet setup --partitions 6""",
    takes=("partitions", "group", *DATABASE),
)
def setup(settings: Settings) -> None:
    """Make the topics and tables that are missing. May be run again: what is there stays as it is.

    The number of partitions is decided here, once: topics that have another are refused.
    """
    require_broker(settings)
    settings = with_partitions_found(settings)

    from infra.kafka import ensure_topics
    from infra.postgres import migrate, read_password

    reports = ensure_topics(
        settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group
    )
    made = [report.name for report in reports if report.created]
    tell(f"topics: {len(reports)} there, {len(made)} of them new; {settings.partitions} partitions")
    for report in reports:
        for key, (must, found) in report.differing.items():
            tell(plain(f"topics: {report.name} should have {key}={must} and has {found}"))
    steps = migrate(settings.database_url, read_password(settings.database_password_file))
    tell(plain(f"tables: {', '.join(steps) or 'nothing'} new"))
