"""``freshet models``: the registry of trained models."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from dashboard.terminal.board import number
from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.arguments import need_export, need_model, need_room, need_task
from freshet.cli.command import DATABASE, MODELS, Group, command
from freshet.cli.open_registry import as_json, opened_registry
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo
from freshet.commands.train import metrics_table

if TYPE_CHECKING:
    from contracts.model_version import ModelVersion
    from contracts.settings import Settings


_MODELS = Group("models", MODELS, 5, what="Trained models: what there is, how good, from where.")
_Id = Annotated[str, typer.Argument(help="As `freshet models list` has it: task/name@version.")]


@command(
    _MODELS,
    examples="""freshet models list
        freshet models list --task conversion --json""",
    takes=DATABASE,
    name="list",
)
def list_models(
    settings: Settings,
    task: Annotated[str | None, typer.Option("--task", help="Only this task.")] = None,
    json: Json = False,
) -> None:
    """List the registered models of all tasks, oldest first."""
    if task is not None:
        need_task(task, "--task")
    with opened_registry(settings) as store:
        found = store.list(task)
    if json:
        for version in found:
            echo(json_line(as_json(version)))
        return
    screen = console()
    if not found:
        screen.print(Text("No models are registered. freshet train TASK trains one."))
        return
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("model", "stage", "registered", "loss", "against", ""):
        table.add_column(name, no_wrap=True, justify="right" if name == "loss" else "left")
    for version in found:
        said, against = _loss(version)
        when = version.registered_at.strftime("%Y-%m-%d %H:%M") if version.registered_at else ""
        unsigned = Text("" if version.signed else "imported unsigned", "yellow")
        table.add_row(
            styled(version.id, "bold"), styled(version.stage), when, said, styled(against), unsigned
        )
    screen.print(table)


@command(
    _MODELS,
    examples="""freshet models show conversion/boosted-trees@1
        freshet models show conversion/boosted-trees@1 --card card.html""",
    takes=DATABASE,
)
def show(
    settings: Settings,
    model: _Id,
    card: Annotated[Path | None, typer.Option("--card", help="Write its card, HTML, to this file.")] = None,
    json: Json = False,
) -> None:
    """Show all that is known of a model."""
    need_model(model)
    with opened_registry(settings) as store:
        version = store.get(model)
        if card is not None:
            card.write_text(store.card(model), encoding="utf-8")
    if json:
        echo(json_line(as_json(version)))
        return
    screen = console()
    for name, value in _facts(version).items():
        screen.print(Text.assemble((f"{name:<13}", "dim"), styled(value)), soft_wrap=True)
    if version.metrics.get("models"):
        screen.print(Text(f"\nOn the newest {version.metrics['rows']:,} rows, before it learned them:"))
        screen.print(metrics_table(version.metrics, version.name))


@command(
    _MODELS,
    examples="freshet models diff conversion/boosted-trees@1 conversion/boosted-trees@2",
    takes=DATABASE,
)
def diff(
    settings: Settings,
    before: _Id,
    after: _Id,
    json: Json = False,
) -> None:
    """Show in what two models differ. Their metrics are of different rows where their windows differ."""
    need_model(before)
    need_model(after)
    with opened_registry(settings) as store:
        facts = [_flat(store.get(model)) for model in (before, after)]
    names = dict.fromkeys([*facts[0], *facts[1]])
    differ = {
        name: [one.get(name) for one in facts] for name in names if facts[0].get(name) != facts[1].get(name)
    }
    if json:
        echo(json_line({name: {"before": old, "after": new} for name, (old, new) in differ.items()}))
        return
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("", before, after):
        table.add_column(styled(name), overflow="fold")
    for name, values in differ.items():
        table.add_row(styled(name, "dim"), *(styled("–" if value is None else value) for value in values))
    console().print(table)


@command(_MODELS, examples="freshet models export conversion/boosted-trees@1 exported", takes=DATABASE)
def export(
    settings: Settings,
    model: _Id,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Write a model into a folder that scikit-learn and skops open without Freshet; example.py there shows how."""
    from consumers.lifecycle.import_export import export_model
    from infra.signing import load_key

    need_model(model)
    need_room(folder)
    with opened_registry(settings) as store:
        version = export_model(store, model, folder, load_key(settings.secret_file))
    said = f"{version.id} is in {folder}: model.skops, model.json, card.html; python {folder / 'example.py'} asks it."
    console().print(styled(said), soft_wrap=True)


@command(
    _MODELS,
    examples="""freshet models import exported
        freshet models import theirs --unsigned""",
    takes=DATABASE,
    name="import",
)
def import_(
    settings: Settings,
    folder: Annotated[Path, typer.Argument(help="Of `freshet models export`.")],
    unsigned: Annotated[
        bool,
        typer.Option(
            "--unsigned", help="Take it though this installation's key did not sign it; it stays marked."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Register a model from a folder, if this installation's key signed it. Never reads a pickle."""
    from consumers.lifecycle.import_export import import_model
    from infra.signing import load_key

    need_export(folder)
    with opened_registry(settings) as store:
        version = import_model(store, folder, load_key(settings.secret_file), unsigned=unsigned)
    if json:
        echo(json_line(as_json(version)))
        return
    marked = "" if version.signed else ", marked as unsigned"
    console().print(Text.assemble("registered ", (version.id, "bold green"), marked))


def _loss(version: ModelVersion) -> tuple[str, str]:
    """Its loss on the newest slice when it was trained, and what that stood against."""
    models = version.metrics.get("models", {})
    own = models.get(version.name, {})
    metric = next((name for name in own if name != "kind"), None)
    if metric is None:
        return "–", ""
    rival = version.metrics.get("rival")
    against = "" if rival is None else f"{number(metric, models[rival][metric])} of {rival}"
    return number(metric, own[metric]), against


def _facts(version: ModelVersion) -> dict[str, str]:
    said = as_json(version)
    features = said.pop("signature")["features"]
    said.pop("metrics")
    for name in ("task", "name", "version"):
        said.pop(name)
    facts = {
        name.replace("_", " "): value if isinstance(value, str) else json_format.dumps(value)
        for name, value in said.items()
    }
    return facts | {"features": f"{len(features)}: {', '.join(features)}"}


def _flat(version: ModelVersion) -> dict[str, str | int | float | None]:
    """Every fact by its path, but for what always differs."""
    flat: dict[str, str | int | float | None] = {}

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{path}.{name}" if path else name, inner)
        else:
            flat[path] = json_format.dumps(value) if isinstance(value, list) else value

    said = as_json(version)
    said["signature"] = {
        name: value for name, value in said["signature"].items() if not name.startswith("example")
    }
    for name in ("id", "version", "digest", "registered_at"):
        said.pop(name)
    walk("", said)
    return flat
