"""Rows into staging by COPY: Spark writes the lines of Postgres's text format, and each task streams them in.

A task copies in one transaction of its own, under a tag of its own. Only the tags of tasks that succeeded come back to
the driver: what a task left that died or ran twice is in nobody's list.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, NumericType, StringType, TimestampType

from infra.postgres import connect

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Staged", "Target", "copy_lines", "stage"]

_NULL: Final = r"\N"


@dataclass(frozen=True)
class Target:
    """Where executors write: they connect by themselves.

    Parameters
    ----------
    conninfo : str
        Of the database, without password.
    password : str or None
        Travels with the tasks. It is in no setting of Spark's, which its pages would show.
    attempt : UUID
        Tag of the run.
    """

    conninfo: str
    password: str | None
    attempt: uuid.UUID

    def __repr__(self) -> str:
        return f"Target({self.attempt})"


@dataclass(frozen=True)
class Staged:
    """What lies in a staging table for one attempt: tags of the tasks that count, and how many rows they wrote."""

    table: str
    writers: tuple[uuid.UUID, ...]
    rows: int


def copy_lines(frame: DataFrame) -> DataFrame:
    """`frame` as lines of COPY's text format, in one column ``line``.

    Raises
    ------
    TypeError
        If a column's type has no form here.
    """
    cells = [
        F.coalesce(_text(F.col(f"`{field.name}`"), field.dataType), F.lit(_NULL))
        for field in frame.schema.fields
    ]
    return frame.select(F.concat_ws("\t", *cells).alias("line"))


def _text(value: Column, kind: DataType) -> Column:
    match kind:
        case StringType():
            return _escaped(value)
        case NumericType() | BooleanType() | TimestampType():
            # A double's text gives the same bits again, in Java as in Postgres.
            return value.cast("string")
        case ArrayType(elementType=StringType()):
            quoted = F.transform(value, lambda one: F.concat(F.lit('"'), _quoted(one), F.lit('"')))
            return _escaped(F.concat(F.lit("{"), F.array_join(quoted, ","), F.lit("}")))
        case ArrayType(elementType=NumericType()):
            return F.concat(F.lit("{"), F.array_join(value.cast("array<string>"), ","), F.lit("}"))
    msg = f"{kind} has no form in COPY's text format here."
    raise TypeError(msg)


def _quoted(text: Column) -> Column:
    """Within the double quotes of an array's text."""
    return F.replace(F.replace(text, F.lit("\\"), F.lit("\\\\")), F.lit('"'), F.lit('\\"'))


def _escaped(text: Column) -> Column:
    for raw, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x00", "\ufffd")):
        text = F.replace(text, F.lit(raw), F.lit(escape))
    return text


def stage(frame: DataFrame, table: str, target: Target) -> Staged:
    """Copy `frame` into `table` under the tag of the attempt; the frame's columns are the table's.

    Returns
    -------
    Staged
        Tags and rows of the tasks that succeeded.
    """
    columns = frame.columns
    attempt, conninfo, password = target.attempt, target.conninfo, target.password

    def copy(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _copy(batches, conninfo, password, table, columns, attempt)

    done = copy_lines(frame).mapInArrow(copy, "writer string, copied bigint").collect()
    return Staged(table, tuple(uuid.UUID(row["writer"]) for row in done), sum(row["copied"] for row in done))


def _copy(
    batches: Iterator[pa.RecordBatch],
    conninfo: str,
    password: str | None,
    table: str,
    columns: list[str],
    attempt: uuid.UUID,
) -> Iterator[pa.RecordBatch]:
    """One task: a connection is opened with the first row, and committed after the last."""
    import pyarrow as pa

    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None:
        return
    writer = uuid.uuid4()
    tag = f"{attempt}\t{writer}\t"
    names = [sql.Identifier(name) for name in ("attempt", "writer", *columns)]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(names))
    copied = 0
    with (
        connect(conninfo, password) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        batch: pa.RecordBatch | None = first
        while batch is not None:
            lines = batch.column(0).to_pylist()
            if lines:
                copy.write((tag + f"\n{tag}".join(lines) + "\n").encode())
                copied += len(lines)
            batch = next(batches, None)
    yield pa.RecordBatch.from_pydict({"writer": [str(writer)], "copied": [copied]})
