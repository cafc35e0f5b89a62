"""``freshet etl``: moves what the topics say into the marts, once or every so often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import FreshetError, Unreachable
from dashboard.terminal.plain_text import json_line, styled
from freshet.cli.arguments import need_master, need_memory
from freshet.cli.broker_check import require_address, require_broker
from freshet.cli.command import DATABASE, HTTP, MODELS, command
from freshet.cli.long_running import serve_health, waiting_as
from freshet.cli.options import (
    Json,
    seconds,
)
from freshet.cli.rendering import console, echo, tell
from freshet.cli.spark import Master, Memory, opened_spark, stepping
from infra.signals import run_unless_stopped, stop_event

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from contracts.settings import Settings
    from infra.kafka import LogCheck
    from infra.waiting import Waiting
    from spark_jobs import RunReport


@command(
    MODELS,
    1,
    examples="""freshet etl
        freshet etl --every 60s
        freshet etl --master spark://cluster:7077 --json""",
    takes=(*DATABASE, *HTTP),
)
def etl(
    settings: Settings,
    every: Annotated[
        str | None,
        typer.Option(
            "--every", metavar="60s", help="Again and again with such pauses (s, m, h), until Ctrl-C."
        ),
    ] = None,
    master: Master = None,
    memory: Memory = "1g",
    json: Json = False,
) -> None:
    """Move history from the topics into the marts in Postgres, by Spark.

    Reads committed records from where the last run ended. A run that dies anywhere leaves the marts as they were; what
    is new is in them, or nothing of it. Tables are explained in docs/marts.md.
    """
    pause_s = None if every is None else seconds("--every", every, least_s=1.0)
    need_master(master)
    need_memory(memory)
    from infra.postgres import migrated
    from spark_jobs.session import need_spark

    need_spark()
    stop = stop_event() if pause_s is not None else threading.Event()
    if pause_s is None:
        require_broker(settings)
        migrated(settings)
        with closing(_log(settings)) as log:
            _tell(log.problem())
        with opened_spark(master, memory) as spark:
            _show(_run(spark, settings), json)
        return
    require_address(settings)
    waiting = waiting_as("ETL", settings)
    waiting.until_done(lambda: migrated(settings), stop)

    def loop() -> None:
        with opened_spark(master, memory) as spark:
            _again_and_again(spark, settings, pause_s, stop, json, waiting)

    run_unless_stopped(stop, loop)  # a run that is left where it was leaves the marts as before


def _again_and_again(
    spark: SparkSession,
    settings: Settings,
    pause_s: float,
    stop: threading.Event,
    json: bool,
    waiting: Waiting,
) -> None:
    from infra.postgres import DatabaseCheck
    from spark_jobs.monitor import EtlMonitor
    from spark_jobs.session import has_died

    monitor = EtlMonitor(DatabaseCheck(settings.database_url, settings.database_password_file), pause_s)
    with serve_health(settings, monitor), closing(_log(settings)) as log:
        while not stop.is_set():
            _tell(log.problem())
            try:
                report = _run(spark, settings)
            except Unreachable as error:
                monitor.failed(error.message)
                waiting.waits(str(error))
                waiting.pause(stop)
                continue
            except FreshetError as error:
                # What passes by itself is waited for; what was lost stays lost, and so does Spark's Java.
                if not error.retriable or has_died(spark):
                    raise
                monitor.failed(error.message)
                tell(f"{error} Trying again in {pause_s:g} s.", "yellow")
            else:
                waiting.goes_on()
                monitor.ran(report)
                if report.run_id is not None:
                    _show(report, json)
            stop.wait(pause_s)


def _log(settings: Settings) -> LogCheck:
    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import LogCheck

    return LogCheck(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))


def _tell(held: str | None) -> None:
    """Say why there may be less in the marts than on the log."""
    if held is not None:
        tell(f"{held} What stands behind it is not moved yet.", "yellow")


def _run(spark: SparkSession, settings: Settings) -> RunReport:
    from spark_jobs.run import STEPS, run_once

    with stepping(STEPS) as progress:
        return run_once(spark, settings, progress=progress)


def _show(report: RunReport, json: bool) -> None:
    if json:
        echo(json_line(report.as_json()))
        return
    screen = console()
    if report.run_id is None:
        screen.print(styled(f"nothing new since the last run ({report.seconds:.1f} s)"))
        return
    head = f"run {report.run_id}: {report.records_in:,} records in, {report.seconds:.1f} s"
    screen.print(Text(head, "bold"))
    for heading, rows in (("rows out", list(report.moved.items())), ("bad records", list(_bad(report)))):
        table = Table(box=None, header_style="dim", padding=(0, 1))
        table.add_column(heading)
        table.add_column("", justify="right")
        for name, count in rows:
            table.add_row(styled(name), f"{count:,}")
        screen.print(table if rows else Text(f" {heading}: none", "dim"))


def _bad(report: RunReport) -> Iterator[tuple[str, int]]:
    for topic, reasons in sorted(report.bad.items()):
        for reason, count in sorted(reasons.items()):
            yield f"{topic}: {reason}", count
