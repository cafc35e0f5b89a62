"""Long-running processes end in order at Ctrl-C, at SIGTERM, and with their parent."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

__all__ = ["run_unless_stopped", "stop_event"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Result = TypeVar("_Result")


class _Stopped(KeyboardInterrupt):
    """The end was asked for. To py4j and psycopg it is a Ctrl-C: they let go of what they wait for."""


def stop_event() -> threading.Event:
    """Listen for the end; return what is set when it has been asked for.

    Ctrl-C and SIGTERM ask; so does the end of a parent that holds a life line. Asked a second time by Ctrl-C, the
    process ends at once.
    """
    from infra.lifeline import end_with_parent

    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    for number in _SIGNALS:
        signal.signal(number, ask)
    end_with_parent()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s")
    # kafka-python warns of each reconnection, and says again in an exception what matters.
    logging.getLogger("kafka").setLevel(logging.ERROR)
    return stop


def run_unless_stopped(stop: threading.Event, work: Callable[[], _Result]) -> _Result | None:
    """Do what takes long and may be cut off anywhere: as soon as the end is asked for it is left, and gives None.

    Parameters
    ----------
    told : Event
        Of `stop_event`.
    work : callable
        Called on this thread, which is the main thread.
    """
    is_at_work = False

    def leave(number: int, _frame: object) -> None:
        if stop.is_set():
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        stop.set()
        if is_at_work:
            raise _Stopped

    before = [signal.signal(number, leave) for number in _SIGNALS]
    try:
        try:
            is_at_work = True
            return None if stop.is_set() else work()
        finally:
            is_at_work = False
    except _Stopped:
        return None
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
