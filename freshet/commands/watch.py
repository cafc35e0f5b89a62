"""``freshet watch``: the predictions on the topic, one line each, newest last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from contracts.errors import BadRecord, Unreachable
from dashboard.terminal.latest import answer
from dashboard.terminal.plain_text import json_text, plain
from freshet.cli.arguments import need_task
from freshet.cli.broker_check import answers, require_broker
from freshet.cli.command import BROKER, LOOK, command
from freshet.cli.rendering import console, echo, tell

if TYPE_CHECKING:
    from contracts.records import Prediction
    from contracts.settings import Settings
    from infra.kafka import Record


_SILENT_S = 5.0  # after so long without a record, look whether the broker is still there


@command(
    LOOK,
    1,
    examples="""freshet watch
        freshet watch --task conversion --user u-42
        freshet watch --from-beginning --json | head""",
    takes=BROKER,
)
def watch(
    settings: Settings,
    task: Annotated[str | None, typer.Option("--task", help="Only this task.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only this user.")] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with what is on the topic already.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The record itself, one JSON object a line.")] = False,
) -> None:
    """Show predictions as they are committed, newest last, until Ctrl-C."""
    from contracts.codec import decode
    from contracts.topics import PREDICTIONS, topic_name
    from infra.kafka import tail
    from models.belief import OF_ANY_TIME, believed

    if task is not None:
        need_task(task, "--task")
    require_broker(settings)
    screen = console()
    topic = topic_name(PREDICTIONS, settings.namespace)
    try:
        for record in _alive(
            tail(settings.bootstrap, topic, from_beginning=from_beginning), settings.bootstrap
        ):
            try:
                prediction: Prediction | None = decode(PREDICTIONS, record.value)
                detail = "it is not where its learner writes, or of no task"
                prediction = believed(prediction, record.partition, OF_ANY_TIME)
            except BadRecord as error:
                prediction, detail = None, error.detail
            if prediction is None:
                where = f"{record.topic}/{record.partition} at {record.offset}"
                tell(f"{where} is no prediction: {detail}", "yellow")
                continue
            if task not in (None, prediction.task) or user not in (None, prediction.user_id):
                continue
            if json:
                echo(json_text((record.value or b"").decode()))
            else:
                screen.print(_line(prediction), soft_wrap=True)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _alive(records: Iterator[Record | None], bootstrap: str) -> Iterator[Record]:
    """The records, as long as there is a broker that could send more."""
    heard = time.monotonic()
    for record in records:
        if record is not None:
            heard = time.monotonic()
            yield record
        elif time.monotonic() - heard > _SILENT_S:
            heard = time.monotonic()
            if not answers(bootstrap):
                message = f"The broker at {bootstrap} went away."
                raise Unreachable(message)


def _line(prediction: Prediction) -> Text:
    line = Text(plain(prediction.time.replace("T", " ").removesuffix("Z")), "dim")
    line.append(f"  {plain(prediction.task):<10}", "blue")
    line.append(f"  {plain(prediction.user_id):<12}")
    line.append(f"  {answer(prediction.task, prediction.prediction):>9}", "bold")
    line.append(f"  {plain(prediction.model or 'no model')}", "cyan")
    for name, other in prediction.answers.items():
        if name != prediction.model:
            line.append(f"  {plain(name)} {answer(prediction.task, other)}", "dim")
    line.append(f"  {plain(prediction.event_id)}", "dim")
    return line
