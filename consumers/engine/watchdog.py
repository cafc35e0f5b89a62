"""Ends the process when something takes longer than it may.

kafka-python's `commit_transaction`, `send_offsets_to_transaction` and an unbounded `flush` wait for ever: after the
transaction timeout the broker has aborted the transaction anyway, and only a new process can go on.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consumers.supervisor import EXIT_OVERDUE, WAITS

__all__ = ["Watchdog"]


def _end_process(what: str) -> None:
    sys.stderr.write(f"{WAITS}{what}: the process ends itself, a new one recovers\n")
    sys.stderr.flush()
    os._exit(EXIT_OVERDUE)


class Watchdog:
    """Watches one stretch of work at a time.

    Parameters
    ----------
    limit_s : float
        How long a stretch may take.
    on_expiry : callable
        Called with what took too long, on the watchdog's own thread; by default the process ends.
    """

    def __init__(self, limit_s: float, on_expiry: Callable[[str], None] = _end_process) -> None:
        self._limit_s = limit_s
        self._on_expiry = on_expiry
        self._changed = threading.Condition()
        self._stretch = 0
        self._watching = False
        self._closed = False
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Watch what is done inside the ``with``."""
        with self._changed:
            self._watching = True
            self._stretch += 1
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watching = False
                self._changed.notify()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait_for(lambda: self._watching or self._closed)
                stretch = self._stretch

                def is_over(stretch: int = stretch) -> bool:
                    return self._closed or not self._watching or self._stretch != stretch

                if not self._changed.wait_for(is_over, timeout=self._limit_s):
                    self._watching = False
                    self._on_expiry(f"a turn took longer than {self._limit_s:g} s")
