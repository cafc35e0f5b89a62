"""``freshet train``: a batch model of a task, registered."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from contracts.errors import UsageError
from dashboard.terminal.board import column_title, number
from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.arguments import need_task
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.open_registry import as_json, opened_registry
from freshet.cli.options import Json, seconds
from freshet.cli.rendering import can_redraw, console, echo, tell

if TYPE_CHECKING:
    from contracts.settings import Settings
    from models.batch import Progress as Told


@command(
    MODELS,
    3,
    examples="""freshet train conversion
        freshet train basket --budget 5m --card card
        freshet train conversion --model batch-logistic --json""",
    takes=DATABASE,
)
def train(
    settings: Settings,
    task: Annotated[str, typer.Argument(help="Which task, as freshet score names it.")],
    budget: Annotated[
        str,
        typer.Option(
            "--budget",
            help="Time for it, such as 120s or 5m; a model of each recipe is fitted in any case.",
        ),
    ] = "120s",
    model: Annotated[
        str | None, typer.Option("--model", help="Only this kind. All of the task's, if not given.")
    ] = None,
    backfilled: Annotated[
        bool,
        typer.Option(
            "--backfilled",
            help="On features that `freshet backfill` computed, instead of those that were logged.",
        ),
    ] = False,
    card: Annotated[
        Path | None, typer.Option("--card", help="Folder for the model card and its pictures.")
    ] = None,
    json: Json = False,
) -> None:
    """Train a batch model on what was logged with each prediction, hold it beside the others, and register it.

    It learns the oldest labels, is tuned on later ones and judged once on the newest, on the very rows that the
    online models answered. `freshet etl` brings the labels into the database.
    """
    need_task(task)
    budget_s = seconds("--budget", budget)
    recipes = [model] if model is not None else []
    from models.tasks import TASKS

    if TASKS[task].batch is None:
        message = f"The task must be one that has batch models. {task} has none."
        raise UsageError(message)
    if model is not None:
        from models.batch import training_of

        if model not in (recipes_of := training_of(TASKS[task]).by_name):
            message = f"--model must be one of {', '.join(recipes_of)}. Got {model!r}."
            raise UsageError(message)
    from consumers.trainer.training import train_and_register

    if card is not None:  # not when all the work is done
        card.mkdir(parents=True, exist_ok=True)
    with opened_registry(settings) as store:
        with _progress() as told:
            version, trained, drawn = train_and_register(
                settings, store, TASKS[task], recipes, budget_s, told, backfilled=backfilled
            )
        if card is not None:
            (card / "card.html").write_text(store.card(version.id), encoding="utf-8")
            for name, png in drawn.items():
                (card / f"{name}.png").write_bytes(png)
    if json:
        echo(json_line(as_json(version)))
        return
    screen = console()
    found = trained.report
    screen.print(
        Text(f"On the newest {found.rows:,} rows of {found.sessions:,} sessions, before it learned them:")
    )
    screen.print(metrics_table(version.metrics, trained.recipe.name))
    if found.rival is not None and found.difference is not None and found.error is not None:
        screen.print(
            Text(f"mean loss {found.difference:+.4f} ± {found.error:.4f} against {found.rival}", "dim")
        )
    screen.print(Text.assemble("registered ", (version.id, "bold green")))
    if card is not None:
        screen.print(styled(f"card {card / 'card.html'}", "dim"), soft_wrap=True)


def metrics_table(metrics: Mapping[str, Any], own: str) -> Table:
    """How a registered model did beside the others, as ``ModelVersion.metrics`` has it."""
    table = Table(box=None, header_style="dim", padding=(0, 1))
    table.add_column("model", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    models: Mapping[str, Mapping[str, Any]] = metrics.get("models", {})
    names = [name for name in models.get(own, {}) if name != "kind"]
    for name in names:
        table.add_column(column_title(name), justify="right", no_wrap=True)
    for model, found in models.items():
        cells = [number(name, found.get(name)) for name in names]
        table.add_row(styled(model, "bold" if model == own else ""), styled(found.get("kind", "")), *cells)
    return table


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar on a terminal, else a line for every tenth fit."""
    if not can_redraw(sys.stderr):
        yield lambda done, most, what: tell(f"fit {done} of {most}: {what}") if done % 10 == 1 else None
        return
    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as bar:
        shown = bar.add_task("reading")

        def tell_bar(done: int, most: int, what: str) -> None:
            bar.update(shown, completed=done, total=most, description=what)

        yield tell_bar
