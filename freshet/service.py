"""What the long-running commands have in common: they end in order at Ctrl-C, at SIGTERM, and with their parent."""

from __future__ import annotations

import logging
import signal
import sys
import threading

__all__ = ["until_told"]


def until_told() -> threading.Event:
    """Listen for the end; return what is set when it has been asked for.

    Ctrl-C and SIGTERM ask; so does the end of a parent that holds a life line. Asked a second time by Ctrl-C, the
    process ends at once.
    """
    from infra.lifeline import end_with_parent

    told = threading.Event()

    def ask(number: int, _frame: object) -> None:
        if told.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    end_with_parent()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s")
    # kafka-python warns of each reconnection, and says again in an exception what matters.
    logging.getLogger("kafka").setLevel(logging.ERROR)
    return told
