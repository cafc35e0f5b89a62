"""``freshet trace``: one event through all topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dashboard.terminal.plain_text import json_line, plain, styled
from freshet.cli.broker_check import require_broker
from freshet.cli.command import BROKER, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo, shortened

if TYPE_CHECKING:
    from consumers.trace import Trace, Turn
    from contracts.settings import Settings


@command(
    LOOK,
    4,
    examples="""freshet trace u-000030225
        freshet trace u-000030225 --json""",
    takes=("group", *BROKER),
)
def trace(
    settings: Settings,
    event: Annotated[str, typer.Argument(help="Id of an event, as `freshet watch` has it.")],
    json: Json = False,
) -> None:
    """Follow one event: where it lies, what was answered, how its labels came, and in which transactions."""
    require_broker(settings)
    from consumers.trace import trace as followed

    found = followed(settings.bootstrap, settings.group, settings.namespace, event)
    if json:
        echo(json_line(found.as_json()))
    else:
        _show(found)


def _show(found: Trace) -> None:
    screen = console()
    lines = Table(box=None, show_header=False, padding=(0, 1))
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column()
    record, event = found.record, found.event
    lines.add_row("event", styled(f"{event.id}  {type(event).__name__}  at {event.time}", "bold"))
    lines.add_row("stands on", f"{record.topic}, partition {record.partition}, offset {record.offset:,}")
    lines.add_row("dealt with in", _said(found.turn) if found.turn else "no learner has come so far")
    if found.dead_letter is not None:
        lines.add_row("put aside", styled(found.dead_letter, "yellow"))
    screen.print(lines)
    for one in found.tasks:
        asked, outcome = one.prediction, one.outcome
        screen.print()
        table = Table(box=None, header_style="dim", padding=(0, 1), title_justify="left")
        table.add_column(styled(asked.task, "blue"), no_wrap=True)
        table.add_column("answer", justify="right")
        table.add_column("loss", justify="right")
        for model, answer in asked.answers.items():
            loss = None if outcome is None else outcome.losses.get(model)
            table.add_row(
                styled(f"{model} (served)" if model == asked.model else model),
                plain("–" if answer is None else shortened(answer)),
                "–" if loss is None else f"{loss:.4f}",
            )
        screen.print(table)
        if outcome is None:
            screen.print("label: has not come", style="dim")
            continue
        label = "none ever" if outcome.label is None else shortened(outcome.label)
        by = f"by {outcome.why}, at {outcome.settled_time}, with the record at offset {outcome.settled_offset:,}"
        screen.print(plain(f"label: {label}, {by}"), soft_wrap=True)
        if one.learnt_in is not None:
            screen.print(f"learnt in {_said(one.learnt_in)}", soft_wrap=True)


def _said(turn: Turn) -> str:
    return (
        f"turn {turn.turn:,} of generation {turn.generation} (offsets {turn.start:,} to {turn.end:,}, journal "
        f"{turn.journal_offset:,}, chain {turn.chain[:8]})"
    )
