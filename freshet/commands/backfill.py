"""``freshet backfill``: features of the whole history, by the code that serves, held against what was logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import UsageError
from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.arguments import need_master, need_memory
from freshet.cli.broker_check import require_broker
from freshet.cli.command import DATABASE, MODELS, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo
from freshet.cli.spark import Master, Memory, opened_spark, stepping

if TYPE_CHECKING:
    from contracts.settings import Settings
    from models.tasks import TaskSpec
    from spark_jobs.backfill import BackfillReport


_NUMBER = re.compile(r"-?[0-9]{1,19}")


@command(
    MODELS,
    2,
    examples="""freshet backfill conversion
        freshet backfill basket --json
        freshet train conversion --backfilled""",
    takes=DATABASE,
    ignore_unknown_options=True,
)
def backfill(
    settings: Settings,
    feature_set: Annotated[
        str,
        typer.Argument(
            metavar="FEATURE_SET",
            help="The task whose features are computed, as freshet score names it; or a number in dim_feature_set.",
        ),
    ],
    master: Master = None,
    memory: Memory = "1g",
    json: Json = False,
) -> None:
    """Compute features over the whole history, and prove that they are those that were logged.

    Spark runs the Python fold that serves over each partition from its beginning. Where the same features were
    logged, every value must be the same to the last bit, else the exit code is 1. The rows are kept in the marts:
    for training with features that were not served then.
    """
    need_master(master)
    need_memory(memory)
    task = _known(feature_set)
    from infra.postgres import migrated
    from spark_jobs.session import need_spark

    need_spark()
    require_broker(settings)
    migrated(settings)
    task = task or _numbered(int(feature_set), settings)
    from spark_jobs.backfill import BACKFILL_STEPS
    from spark_jobs.backfill import backfill as run

    with opened_spark(master, memory) as spark, stepping(BACKFILL_STEPS) as progress:
        report = run(spark, settings, task, progress=progress)
    if json:
        echo(json_line(report.as_json()))
    else:
        _show(report)
    if not report.is_same:
        raise typer.Exit(1)


def _known(asked: str) -> TaskSpec | None:
    """The task of that name; None where `asked` is a number, which the database must explain."""
    from models.tasks import TASKS

    if asked in TASKS or _NUMBER.fullmatch(asked):
        return TASKS.get(asked)
    message = f"The feature set must be {_there_are()}, or its number in dim_feature_set. Got {asked!r}."
    raise UsageError(message)


def _there_are() -> str:
    from models.tasks import TASKS

    return " or ".join(f"{name} ({len(task.features().declared)} features)" for name, task in TASKS.items())


def _numbered(number: int, settings: Settings) -> TaskSpec:
    """The task whose features, as this code computes them, have that number."""
    from infra.postgres import database_of, queries
    from models.tasks import TASKS

    with database_of(settings) as database, database.transaction() as connection:
        found = connection.execute(queries("backfill")["feature_set"], (number,)).fetchone()
    if found is None:
        message = f"The feature set must be one of dim_feature_set, or {_there_are()}. There is no {number}."
        raise UsageError(message, hint="What was logged gets its number by: freshet etl")
    task = TASKS.get(found[0])
    names = [feature.name for feature in task.features().declared] if task else []
    if task is None or names != found[1]:
        gone = ", ".join(sorted(set(found[1]) - set(names))[:3]) or "none"
        new = ", ".join(sorted(set(names) - set(found[1]))[:3]) or "none"
        message = (
            f"Feature set {number} must be what this code computes. It is another list of {found[0]}'s features: this "
            f"code has no {gone}, and new ones are {new}."
        )
        raise UsageError(message, hint=f"There are {_there_are()}.")
    return task


_SAID = {
    "equal": "equal, bit for bit",
    "different": "different",
    "not_logged": "computed, not logged",
    "not_computed": "logged, not computed",
    "other_features": "logged with other features",
    "beyond": "not on ml.features (any more, or yet)",
}


def _show(report: BackfillReport) -> None:
    from spark_jobs.parity import WRONG

    screen = console()
    head = f"{report.task}, {report.features} features, set {report.feature_set}"
    speed = f"{report.records_in:,} records in, {report.seconds:.1f} s"
    screen.print(Text.assemble((head, "bold"), f": {speed}"), soft_wrap=True)
    wrong = {_SAID[kind] for kind in WRONG}
    for heading, rows in (
        ("decision points", [(_SAID[kind], report.counts[kind]) for kind in _SAID]),
        ("rows of fact_backfilled", [("all", report.rows), ("changed", report.changed)]),
        ("bad records", list(_bad(report))),
    ):
        table = Table(box=None, header_style="dim", padding=(0, 1))
        table.add_column(heading)
        table.add_column("", justify="right")
        for name, count in rows:
            table.add_row(styled(name, "red" if count and name in wrong else ""), f"{count:,}")
        screen.print(table if rows else Text(f" {heading}: none", "dim"))
    for difference in report.differences:
        screen.print(styled(f" {difference}", "red"), soft_wrap=True)
    screen.print(_verdict(report), soft_wrap=True)


def _bad(report: BackfillReport) -> Iterator[tuple[str, int]]:
    yield from report.bad.items()
    if report.unreadable:
        yield "no features, on ml.features", report.unreadable


def _verdict(report: BackfillReport) -> Text:
    if not report.is_same:
        return Text("NOT the same: see above", "bold red")
    if not report.compared:
        return Text("nothing was logged with these features: there is nothing to compare with", "yellow")
    return Text(f"the same: {report.compared:,} rows of {report.features} features, bit for bit", "green")
