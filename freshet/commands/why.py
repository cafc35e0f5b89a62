"""``freshet why``: which model answered, since when, by which change, on which evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import FreshetError, UsageError
from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.arguments import as_carried, need_task
from freshet.cli.broker_check import require_broker
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.lifecycle import change_as_json, changes, evidence_table
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from consumers.lifecycle import Answered
    from contracts.settings import Settings


@command(
    MODELS,
    9,
    examples="""freshet why --task conversion --at 2026-01-05T12:00:00.000Z
        freshet why --prediction u-000030225""",
    takes=DATABASE,
)
def why(
    settings: Settings,
    task: Annotated[str | None, typer.Option("--task", help="Who answered for this task.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="At this event time, as `freshet watch` has it.")
    ] = None,
    prediction: Annotated[
        str | None, typer.Option("--prediction", help="Who answered this event, by its id.")
    ] = None,
    json: Json = False,
) -> None:
    """Say which model's answer was served, since which offset, by which promotion and on which evidence.

    Who and since when comes from the topics; the evidence from the database, where that can be reached.
    """
    if (prediction is None) == (task is None) or (task is None) != (at is None):
        message = "Either --prediction must be given, or --task and --at."
        raise UsageError(message)
    if task is not None:
        need_task(task, "--task")
    if prediction is not None and not prediction.strip():
        message = "--prediction must be the id of an event, as `freshet watch` has it. Got ''."
        raise UsageError(message)
    time = None if at is None else as_carried(at)
    require_broker(settings)
    from consumers.lifecycle import who_at, who_for

    where, has_batch = (settings.bootstrap, settings.namespace), _registered(settings)
    if prediction is not None:
        found = [one for _, one in who_for(*where, prediction, has_batch)]
    else:
        found = who_at(*where, task or "", time or "", has_batch)
    wanted = {one.champion.change for one in found if one.champion is not None}
    known = _changes(settings, wanted) if wanted else {}
    if json:
        echo(json_line({"answered": [one.as_json() for one in found], "changes": known}))
    else:
        _show(found, known)


def _registered(settings: Settings) -> Callable[[str, str], bool]:
    """Which batch models there are; all that are told of, where the registry does not answer."""
    from infra.postgres import RegisteredNames, migrated
    from models.belief import any_batch

    try:
        with migrated(settings) as database:
            names = RegisteredNames(database).now()
        return lambda task, model: (task, model) in names
    except FreshetError as error:
        tell(f"Batch models are taken as told, for the registry can't be read: {error}")
        return any_batch


def _changes(settings: Settings, wanted: set[str | None]) -> dict[str, Any]:
    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import topic_id

    log = topic_id(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
    try:
        with changes(settings) as store:
            return {one.id: change_as_json(one) for one in store.of_log(log) if one.id in wanted}
    except FreshetError as error:
        tell(f"The evidence can't be read: {error}")
        return {}


def _show(found: list[Answered], known: dict[str, Any]) -> None:
    screen = console()
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("task", "part", "served", "since offset", "by change", "artefact"):
        table.add_column(name, justify="right" if name in ("part", "since offset") else "left", no_wrap=True)
    for one in found:
        champion = one.champion
        table.add_row(
            styled(one.task, "blue"),
            str(one.partition),
            styled(one.served or "no model", "bold"),
            "the first" if one.since_offset is None else f"{one.since_offset:,}",
            styled(champion.change or "–" if champion else "–"),
            styled(champion.digest[:12] if champion else "–", "dim"),
        )
    screen.print(table)
    for one in found:
        if one.out is not None:
            said = f"{one.out.model} broke in partition {one.partition} at offset {one.out.offset:,}: {one.out.reason}"
            screen.print(styled(f"{said}. An online model has taken its place.", "yellow"), soft_wrap=True)
    for change in known.values():
        forced = ", forced" if change["forced"] else ""
        screen.print()
        screen.print(
            Text.assemble(styled(change["change"], "bold"), f" {change['action']} of ", styled(change["model"]),
                          f" at {change['at']}{forced}"),
            soft_wrap=True,
        )  # fmt: skip
        if change["evidence"] is not None:
            screen.print(evidence_table(change["evidence"]))
