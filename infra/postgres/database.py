"""Connections to Postgres: one way to open them, and one way for them to fail.

A pool without threads: psycopg's own pool connects in the background and tells its caller of a timeout only, after
the whole of it. Here a refused connection is an `Unreachable` with the reason, at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

from contracts.errors import EnvironmentProblem, SettingsError, Unreachable

__all__ = ["Connection", "Database", "address_of", "connect", "is_away", "read_password"]

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Connection lost, operator shut it down, no resources left, the disk or the system failed: it may be well again
# later, with nothing changed in what we asked.
_AWAY: Final = ("08", "57P", "53", "58")
# Before a session there is no SQLSTATE, only these words; in another language a refusal counts as away.
_REFUSALS: Final = ("authentication failed for user", "no password supplied", "no pg_hba.conf entry")


def is_away(error: BaseException) -> bool:
    """Whether an error of psycopg says that the server is away, or ill: not that it refuses what it was given.

    Examples
    --------
    >>> is_away(psycopg.errors.AdminShutdown()), is_away(psycopg.OperationalError("no route to host"))
    (True, True)
    >>> is_away(psycopg.errors.ProgramLimitExceeded()), is_away(psycopg.DataError("a NUL"))
    (False, False)
    """
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(_AWAY)


def address_of(conninfo: str) -> str:
    """Where `conninfo` leads, for messages: never with a password.

    Examples
    --------
    >>> address_of("postgresql://ann:secret@127.0.0.1:5433/freshet")
    '127.0.0.1:5433/freshet as ann'
    """
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError as error:
        # Not the text itself, nor libpq's words on it: both may hold a password.
        msg = "The database URL can't be read: it must look like postgresql://user@host:port/database."
        raise SettingsError(msg) from error.with_traceback(None)
    user = parts.get("user") or "the default user"
    host = parts.get("host") or parts.get("hostaddr") or "the local socket"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or user} as {user}"


def read_password(path: Path | None) -> str | None:
    """The password in a file, without the line's end; None for no file.

    Raises
    ------
    EnvironmentProblem
        If there is no such file or it can't be read.
    """
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The file with the database password, {path}, can't be read: {error}."
        raise EnvironmentProblem(msg) from error


def connect(conninfo: str, password: str | None = None, *, timeout_s: int = 5) -> Connection:
    """Open one connection, in UTC and without autocommit.

    Parameters
    ----------
    conninfo : str
        A URL or a DSN, as libpq reads them.
    password : str, optional
        Beside `conninfo`, so that addresses can be shown.
    timeout_s : int
        How long the server may take to answer; libpq takes 2 as the least.

    Raises
    ------
    Unreachable
        If it does not answer.
    SettingsError
        If it does not let us in: waiting does not mend a wrong password.
    """
    where = address_of(conninfo)
    try:
        return psycopg.connect(
            conninfo,
            connect_timeout=timeout_s,
            application_name="freshet",
            options="-c timezone=UTC -c client_min_messages=warning",
            password=password,
        )
    except psycopg.OperationalError as error:
        if any(words in str(error) for words in _REFUSALS):
            msg = f"The database at {where} must let us in. It refuses: {_first(error)}"
            hint = "See FRESHET_DATABASE_URL and FRESHET_DATABASE_PASSWORD_FILE: `freshet config` shows both."
            raise SettingsError(msg, hint=hint) from error
        msg = f"The database at {where} can't be reached (tried once, for at most {timeout_s} s): {_first(error)}"
        raise Unreachable(msg, hint="Is it running? `freshet config` shows the address.") from error


def _first(error: psycopg.Error) -> str:
    """The first line of libpq's words that says something."""
    lines = [line.strip() for line in str(error).splitlines()]
    text = next(
        (line for line in lines if line and not line.startswith("Multiple connection attempts")),
        "no reason given",
    )
    return text.rstrip(".") + "."


class Database:
    """Transactions on one database; connections are kept for the next one that asks.

    Safe to share between threads, not across a fork. Nothing is opened before the first transaction.

    Parameters
    ----------
    conninfo : str
        A URL or a DSN without a password.
    password : str, optional
        See `read_password`.
    timeout_s : int
        How long a new connection may take.
    """

    def __init__(self, conninfo: str, password: str | None = None, *, timeout_s: int = 5) -> None:
        self.address = address_of(conninfo)
        self._conninfo = conninfo
        self._password = password
        self._timeout_s = timeout_s
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Database({self.address})"

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises
        ------
        Unreachable
            If the server is not there or goes away in the middle. Gone at the commit, it may have committed or
            not: who needs to know reads it back.
        """
        connection = self._take()
        try:
            with connection.transaction():
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            away = connection.closed or (error.sqlstate or "").startswith(_AWAY)
            connection.close()
            if not away:
                raise
            msg = f"The database at {self.address} went away: {_first(error)}"
            raise Unreachable(msg) from error
        except BaseException:
            # Whatever state it is in (a COPY half done, a signal in the middle): not worth finding out.
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)

    def _take(self) -> Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return connect(self._conninfo, self._password, timeout_s=self._timeout_s)
            try:
                # Idle for a minute, and the server may have been restarted meanwhile.
                connection.execute("SELECT 1")
                connection.rollback()
            except psycopg.Error:
                connection.close()
            else:
                return connection

    def close(self) -> None:
        """Close the idle connections; the next transaction opens a new one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
