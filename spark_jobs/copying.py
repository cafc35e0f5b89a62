"""Rows into staging by COPY: each task makes lines of Postgres's text format of its rows, and streams them in.

Rows come to the tasks as batches of Arrow's, whose own functions make the lines, a column at a time: a Python that
handles each row would take as long as the database.

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
from pyspark.sql.types import ArrayType, BooleanType, NumericType, StringType, TimestampType

from infra.postgres import connect

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Staged", "Target", "copy_lines", "sendable", "stage"]

# A database takes some dozens of connections; a topic may have hundreds of partitions, and a cluster as many cores.
_MOST_WRITERS: Final = 16
_NULL: Final = r"\N"
_ESCAPES: Final = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x00", "\ufffd"))


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


def copy_lines(batch: pa.RecordBatch, *tags: str) -> pa.StringArray:
    r"""The rows of `batch` as lines of COPY's text format, each with its line end.

    Parameters
    ----------
    batch : RecordBatch
        Of texts, numbers, booleans, times, and arrays of numbers. Doubles keep their bits; times are of UTC.
    *tags : str
        The first cells of every line.

    Examples
    --------
    >>> import pyarrow as pa
    >>> copy_lines(pa.RecordBatch.from_pydict({"n": [1, None], "t": ["a\tb", "c"]}), "tag").to_pylist()
    ['tag\t1\ta\\tb\n', 'tag\t\\N\tc\n']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    *before, last = [pc.fill_null(_text(column), _NULL) for column in batch.columns]
    ended = pc.binary_join_element_wise(last, "\n", "")
    return pc.binary_join_element_wise(*map(pa.scalar, tags), *before, ended, "\t")


def _text(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        return _escaped(column)
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.string())
    if pa.types.is_list(column.type):
        numbers = pc.binary_join(column.cast(pa.list_(pa.string())), ",")
        return pc.binary_join_element_wise("{", numbers, "}", "")
    return column.cast(pa.string())


def _escaped(texts: pa.StringArray) -> pa.StringArray:
    import pyarrow.compute as pc

    _, _, data = texts.buffers()
    raw = b"" if data is None else data.to_pybytes()
    for char, escape in _ESCAPES:
        if char.encode() in raw:  # hardly ever, and it takes no time to look
            texts = pc.replace_substring(texts, char, escape)
    return texts


def sendable(frame: DataFrame) -> DataFrame:
    """With arrays of texts as Postgres writes them; all else goes as it is.

    Raises
    ------
    TypeError
        If a column's type has no form in `copy_lines`.
    """
    texts = {}
    for field in frame.schema.fields:
        match field.dataType:
            case StringType() | NumericType() | BooleanType() | TimestampType():
                pass
            case ArrayType(elementType=NumericType()):
                pass
            case ArrayType(elementType=StringType()):
                quoted = F.transform(field.name, lambda one: F.concat(F.lit('"'), _quoted(one), F.lit('"')))
                texts[field.name] = F.concat(F.lit("{"), F.array_join(quoted, ","), F.lit("}"))
            case _:
                msg = f"{field.dataType} has no form in COPY's text format here."
                raise TypeError(msg)
    return frame.withColumns(texts) if texts else frame


def _quoted(text: Column) -> Column:
    """Within the double quotes of an array's text."""
    return F.replace(F.replace(text, F.lit("\\"), F.lit("\\\\")), F.lit('"'), F.lit('\\"'))


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

    done = sendable(frame.coalesce(_MOST_WRITERS)).mapInArrow(copy, "writer string, copied bigint").collect()
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
            if batch.num_rows:
                copy.write(_bytes_of(copy_lines(batch, str(attempt), str(writer))))
                copied += batch.num_rows
            batch = next(batches, None)
    yield pa.RecordBatch.from_pydict({"writer": [str(writer)], "copied": [copied]})


def _bytes_of(lines: pa.StringArray) -> memoryview:
    """All of them on end, as Arrow has them in memory."""
    import pyarrow.compute as pc

    return memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()]
