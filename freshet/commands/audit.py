"""``freshet audit``: proves the promise from the topics, or says where it was broken."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.broker_check import require_broker
from freshet.cli.command import DATABASE, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import can_redraw, console, echo, tell

if TYPE_CHECKING:
    from consumers.audit import AuditReport
    from contracts.settings import Settings


_LINE_EVERY_S = 5.0


@command(
    LOOK,
    3,
    examples="""freshet audit
        freshet audit --json""",
    takes=("group", *DATABASE),
)
def audit(settings: Settings, json: Json = False) -> None:
    """Prove that every event was predicted once and learned once, from the topics alone.

    Labels are worked out a second time by other code, and the log is folded again: it must end in the committed
    chain, bit for bit. May run beside the learners. Exit code 1 where the promise was broken.
    """
    require_broker(settings)
    report = _audited(settings)
    try:
        if json:
            echo(json_line(report.as_json()))
        else:
            _show(report)
    finally:
        # Also where the reader of a pipe had seen enough: the code is the verdict.
        if not report.is_ok:
            raise typer.Exit(1)


def _audited(settings: Settings) -> AuditReport:
    from consumers.audit import audit_learners

    if not can_redraw(sys.stderr):
        return audit_learners(settings, _lines())
    columns = (
        TextColumn("partition {task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} records"),
    )
    with Progress(*columns, TaskProgressColumn(), TimeRemainingColumn(), console=console(stderr=True)) as bar:
        bars: dict[int, TaskID] = {}

        def show(partition: int, done: int, until: int) -> None:
            if partition not in bars:
                bars[partition] = bar.add_task(str(partition), total=until)
            bar.update(bars[partition], completed=done, total=until)

        return audit_learners(settings, show)


def _lines() -> Callable[[int, int, int], None]:
    said_s: dict[int, float] = {}

    def show(partition: int, done: int, until: int) -> None:
        now_s = time.monotonic()
        if now_s - said_s.setdefault(partition, now_s) >= _LINE_EVERY_S:
            said_s[partition] = now_s
            tell(f"partition {partition}: {done:,} of {until:,} records")

    return show


_COUNTS = {
    "events": "events",
    "predictions": "predicted",
    "dead_letters": "dead",
    "not_signed": "unsigned",
    "missing": "missing",
    "duplicate": "double",
    "label_mismatches": "wrong",
    "aborted_records": "aborted",
}
_BREACHES = frozenset({"missing", "duplicate", "label_mismatches"})


def _show(report: AuditReport) -> None:
    screen = console()
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for heading in ("part", "offsets", *_COUNTS.values()):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("folded from", no_wrap=True)
    table.add_column("chain", no_wrap=True)
    for number, found in report.partitions.items():
        said = found.as_json()
        cells = [
            Text(f"{said[name]:,}", "red" if said[name] and name in _BREACHES else "") for name in _COUNTS
        ]
        same = said["chain"] == said["chain_recomputed"]
        table.add_row(
            str(number),
            f"{said['from']:,}–{said['to']:,}",
            *cells,
            said["folded_from"] or "–",
            Text(f"{said['chain'][:8]} {'=' if same else '≠'}", "green" if same else "red"),
        )
    screen.print(table)
    for line in report.explain():
        screen.print(styled(line), soft_wrap=True)
    verdict = (
        Text(
            "ok: every record was predicted and learned exactly once, and the state is the same again",
            "green",
        )
        if report.is_ok
        else Text("NOT ok: see above", "bold red")
    )
    screen.print(verdict, soft_wrap=True)
