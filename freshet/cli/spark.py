"""What commands that run Spark share: their flags, a session that ends with them, and a bar of their steps."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from freshet.cli.rendering import can_redraw, console, tell

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


__all__ = ["Master", "Memory", "opened_spark", "stepping"]

Master: TypeAlias = Annotated[
    str | None,
    typer.Option("--master", help="Where Spark runs. SPARK_MASTER, if not given, else local[*]."),
]
Memory: TypeAlias = Annotated[
    str,
    typer.Option("--driver-memory", help="Of Spark's driver, which does all the work where it is local."),
]


@contextmanager
def opened_spark(master: str | None, memory: str) -> Iterator[SparkSession]:
    """Start Spark, and stop it at the end. A session that runs in this process already is used, and goes on."""
    from pyspark.sql import SparkSession

    from spark_jobs.session import master_of, open_session

    is_ours = SparkSession.getActiveSession() is None
    where = master_of(master)
    tell(f"starting Spark on {where}")
    spark = open_session(where, memory=memory)
    try:
        yield spark
    finally:
        if is_ours:
            with contextlib.suppress(Exception):  # its Java may have ended before
                spark.stop()


@contextmanager
def stepping(steps: int) -> Iterator[Callable[[str, int], None]]:
    """On a terminal a bar of `steps`; called with what is done next and how many are done."""
    if not can_redraw(sys.stderr):
        yield lambda _what, _done: None
        return
    columns = (TextColumn("{task.description:<32}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the ledger", total=steps)
        yield lambda what, done: bar.update(task, description=what, completed=done)
