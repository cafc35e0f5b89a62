"""``freshet topics``: what is on the broker, against what was declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.broker_check import require_broker, with_partitions_found
from freshet.cli.command import BROKER, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.kafka import TopicReport


@command(
    LOOK,
    6,
    examples="""freshet topics
        freshet topics --create --partitions 4 --bootstrap 127.0.0.1:9092
        freshet topics --json""",
    takes=("partitions", "group", *BROKER),
)
def topics(
    settings: Settings,
    create: Annotated[bool, typer.Option("--create", help="Make those that are missing.")] = False,
    json: Json = False,
) -> None:
    """Show every topic: partitions, records, what it holds, and settings that are not as declared."""
    from infra.kafka import ensure_topics, log_range

    require_broker(settings)
    settings = with_partitions_found(settings)
    reports = {
        report.name: report
        for report in ensure_topics(
            settings.bootstrap,
            settings.partitions,
            namespace=settings.namespace,
            group=settings.group,
            create=create,
        )
    }
    rows = []
    for name, what in _declared(settings):
        report = reports.get(name)
        ends = log_range(settings.bootstrap, name) if report is not None else {}
        rows.append(_row(name, what, report, ends))
    if json:
        echo(json_line({"topics": rows}))
    else:
        console().print(_table(rows))


def _declared(settings: Settings) -> list[tuple[str, str]]:
    from contracts.topics import TOPICS, topic_name

    return [(topic_name(topic, settings.namespace, settings.group), topic.what) for topic in TOPICS]


def _row(
    name: str, what: str, report: TopicReport | None, ends: dict[int, tuple[int, int]]
) -> dict[str, Any]:
    return {
        "name": name,
        "what": what,
        "exists": report is not None,
        "created": report is not None and report.created,
        "partitions": report.partitions if report is not None else None,
        "offsets": {
            str(partition): {"from": start, "to": end} for partition, (start, end) in sorted(ends.items())
        },
        "differing": {
            key: {"must_be": must, "is": found}
            for key, (must, found) in (report.differing if report else {}).items()
        },
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("topic", "partitions", "offsets", "what"):
        table.add_column(
            name, justify="right" if name in ("partitions", "offsets") else "left", overflow="fold"
        )
    for row in rows:
        held = sum(one["to"] - one["from"] for one in row["offsets"].values())
        said = Text(row["what"], "dim")
        if not row["exists"]:
            said = Text("missing: freshet topics --create makes it", "yellow")
        elif row["created"]:
            said = Text("made just now", "green")
        for key, one in row["differing"].items():
            said = Text.assemble(
                said, "\n", styled(f"{key} must be {one['must_be']}. Is {one['is']}.", "yellow")
            )
        table.add_row(
            styled(row["name"], "bold" if row["exists"] else "dim"),
            str(row["partitions"] if row["exists"] else "–"),
            f"{held:,}" if row["exists"] else "–",
            said,
        )
    return table
