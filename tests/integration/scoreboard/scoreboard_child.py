"""A scoreboard in a process of its own, which may kill itself at a given point; started by test_scoreboard*.py.

Arguments: bootstrap, database URL, password file, namespace, and ``POINT:COUNT`` for where to die, or ``never``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Event

from consumers.scoreboard import run
from contracts.settings import Settings


def main(bootstrap: str, url: str, password_file: str, namespace: str, die_at: str) -> None:
    point, _, count = die_at.partition(":")
    left = int(count or 0)

    def fault(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(bootstrap=bootstrap, database_url=url, database_password_file=Path(password_file))
    run(
        settings,
        stop=stop,
        say=lambda line: print(line, flush=True),
        namespace=namespace,
        save_every_records=1_000,
        fault=fault,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
