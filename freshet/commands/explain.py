"""``freshet explain``: what the answers to one event are made of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from dashboard.terminal.plain_text import json_line, plain, styled
from freshet.cli.arguments import need_task
from freshet.cli.broker_check import require_broker
from freshet.cli.command import DATABASE, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo, shortened, tell

if TYPE_CHECKING:
    from consumers.trace import Explained
    from contracts.settings import Settings
    from models.explanation import Explanation

_SHOWN = 12
_BAR = 20
_UNITS = {"identity": "", "logistic": "log odds", "growth": "log of the growth"}


@command(
    LOOK,
    5,
    examples="""freshet explain u-000030225
        freshet explain u-000030225 --task conversion --json""",
    takes=("group", *DATABASE),
)
def explain(
    settings: Settings,
    event: Annotated[str, typer.Argument(help="Id of an event that was answered.")],
    task: Annotated[str | None, typer.Option("--task", help="Only this task.")] = None,
    json: Json = False,
) -> None:
    """Say what each model's answer to an event is made of: parts that add up to it.

    The log is folded again to the moment of the answer, from the newest snapshot before it or from the first record.
    """
    if task is not None:
        need_task(task, "--task")
    require_broker(settings)
    found = _explained(settings, event, task)
    if json:
        echo(json_line({"event": event, "tasks": [_as_json(one) for one in found]}))
        return
    for one in found:
        _show(one)


def _explained(settings: Settings, event: str, task: str | None) -> list[Explained]:
    from consumers.audit.wiring import StoredSnapshots
    from consumers.learner import LearnerFold
    from consumers.learner.registered import load_registered
    from consumers.trace import explain as fold_again
    from consumers.trace import trace, with_batch_models
    from contracts.errors import UsageError
    from infra.signatures import signatures_of

    found = trace(settings.bootstrap, settings.group, settings.namespace, event)
    asked = [one for one in found.tasks if task in (None, one.prediction.task)]
    if not asked:
        was = ", ".join(one.prediction.task for one in found.tasks) or "no task"
        message = f"{event} must have been asked for {task or 'a task'}. It was asked for {was}."
        raise UsageError(message)
    partition = found.record.partition
    fold = LearnerFold(partition, namespace=settings.namespace, signatures=signatures_of(settings))
    online = fold_again(settings.bootstrap, found, asked, fold, StoredSnapshots(settings), _tell_progress)
    load = partial(load_registered, settings)
    return with_batch_models(settings.bootstrap, settings.namespace, online, load)


def _tell_progress(done: int, until: int) -> None:
    if done:
        tell(f"{done:,} of {until:,} records folded")


def _as_json(one: Explained) -> dict[str, Any]:
    asked = one.asked.prediction
    models = {model: _answer_as_json(asked.answers[model], said) for model, said in one.models.items()}
    made: dict[str, Any] = msgspec.to_builtins(
        {"task": asked.task, "model": asked.model, "features": one.x, "models": models}
    )
    return made


def _answer_as_json(answer: Any, said: Explanation | None) -> dict[str, Any]:
    if said is None:
        return {"answer": answer}
    return {
        "answer": answer,
        "start": said.start,
        "parts": said.parts,
        "total": said.total,
        "link": said.link,
    }


def _show(one: Explained) -> None:
    asked = one.asked.prediction
    model = asked.model if asked.model in one.models else next(iter(one.models), None)
    screen = console()
    if model is None:
        screen.print(f"{asked.task}: no model answered")
        return
    answer, said = asked.answers[model], one.models[model]
    screen.print(styled(f"{asked.task}: {model} answered {shortened(answer)}", "bold"), soft_wrap=True)
    if said is None:
        screen.print("It has no explanation.", style="dim")
        return
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name, justify in (
        ("", "left"),
        ("value", "right"),
        (_UNITS[said.link] or "adds", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    parts = sorted(said.parts.items(), key=lambda part: -abs(part[1]))
    longest = max((abs(size) for _, size in parts), default=0.0) or 1.0
    table.add_row("start", "", f"{said.start:+.4f}")
    for name, size in parts[:_SHOWN]:
        bar = styled("█" * round(_BAR * abs(size) / longest), "green" if size > 0 else "red")
        seen = f"{one.x[name]:.4g}" if name in one.x else ""  # words of a text have no value
        table.add_row(plain(name), seen, f"{size:+.4f}", bar)
    if rest := parts[_SHOWN:]:
        table.add_row(f"{len(rest)} others", "", f"{sum(size for _, size in rest):+.4f}")
    table.add_row("total", "", f"{said.total:+.4f}")
    screen.print(table)
    others = [f"{name} {shortened(asked.answers[name])}" for name in one.models if name != model]
    screen.print(styled(f"others answered: {', '.join(others)}", "dim"), soft_wrap=True)
