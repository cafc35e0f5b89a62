"""What every attempt to move history keeps to: one at a time, staging empty before it, Spark's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg

from contracts.errors import FreshetError, Unreachable
from infra.postgres import Connection, Database, address_of, connect
from spark_jobs.errors import EtlFailed, EtlRuns
from spark_jobs.session import last_words

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["empty_again", "empty_staging", "release", "only_run", "spark_errors"]

_LOCK_TIMEOUT: Final = "10s"
_MORE_MEMORY: Final = (
    "Where Spark is local, its driver does all the work: give it more with --driver-memory 4g."
)


@contextmanager
def only_run(
    conninfo: str, password: str | None, sql: Mapping[str, LiteralString], *, hint: str
) -> Iterator[None]:
    """Hold the lock of runs; the server lets go of it with the connection, however that ends.

    Parameters
    ----------
    conninfo, password : str
        Of the database.
    sql : mapping
        Its ``lock`` says of which runs.
    hint : str
        For who comes second.

    Raises
    ------
    EtlRuns
        If another one holds it.
    """
    connection: Connection = connect(conninfo, password)
    try:
        try:
            connection.autocommit = True
            (is_ours,) = connection.execute(sql["lock"]).fetchone() or (False,)
        except psycopg.OperationalError as error:
            message = f"The database at {address_of(conninfo)} went away: {error}"
            raise Unreachable(message) from error
        if not is_ours:
            message = "Another run moves history into this database already; this one moved nothing."
            raise EtlRuns(message, hint=hint)
        yield
    finally:
        connection.close()


def empty_staging(database: Database, sql: Mapping[str, LiteralString]) -> None:
    """Remove what attempts left. Only the holder of the lock comes here: all others are dead or too late.

    Raises
    ------
    EtlFailed
        If a task of a dead run still writes to it.
    """
    try:
        with database.transaction() as connection:
            connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            connection.execute(sql["empty_staging"])
    except psycopg.errors.LockNotAvailable as error:
        message = f"Staging must be free. A task of another run has been writing to it for {_LOCK_TIMEOUT}."
        raise EtlFailed(
            message, hint="Spark ends a dead run's tasks within seconds: run it again."
        ) from error


def empty_again(database: Database, sql: Mapping[str, LiteralString]) -> None:
    """Empty staging behind a run that has moved all: where that can't be, as during a backup, the next one does it."""
    with suppress(EtlFailed, Unreachable):
        empty_staging(database, sql)


@contextmanager
def spark_errors() -> Iterator[None]:
    """Errors of Spark and of its tasks as one of ours, `EtlFailed`."""
    try:
        yield
    except FreshetError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "py4j")) and not isinstance(
            error, ConnectionError
        ):
            raise
        said = last_words(error).rstrip(".")
        message = f"Spark could not read and stage the history; the marts are as before: {said}."
        is_too_small = "OutOfMemoryError" in message
        raise EtlFailed(message, hint=_MORE_MEMORY if is_too_small else None) from error


def release(frame: DataFrame) -> None:
    """Free what Spark keeps of `frame`. Where its Java has died nothing is kept, and why it died is said already."""
    with suppress(EtlFailed), spark_errors():
        frame.unpersist()
