"""Whether the database answers, asked no more often than every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from contracts.errors import FreshetError
from infra.postgres.database import connect, read_password

__all__ = ["DatabaseCheck"]

_FRESH_S: Final = 2.0
_ANSWER_S: Final = 3


class DatabaseCheck:
    """Asks the database for an answer; safe to share between threads, and keeps no connection.

    Parameters
    ----------
    url : str
        Without a password.
    password_file : Path, optional
        Read each time: it may not be there yet at the start.
    fresh_s : float
        An answer counts for so long, so that many who ask cost as much as one.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        password_file: Path | None,
        *,
        fresh_s: float = _FRESH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._password_file = password_file
        self._fresh_s = fresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_s: float | None = None
        self._found: str | None = None

    def problem(self) -> str | None:
        """Why the database does not answer, None where it does. Takes some seconds at most."""
        with self._lock:
            if self._asked_s is None or self._clock() - self._asked_s >= self._fresh_s:
                self._found = self._ask()
                self._asked_s = self._clock()
            return self._found

    def _ask(self) -> str | None:
        # A new connection each time: asking through an old one has no limit where the server hangs.
        try:
            connect(self._url, read_password(self._password_file), timeout_s=_ANSWER_S).close()
        except FreshetError as error:
            return error.message
        return None
