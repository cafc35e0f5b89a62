"""A process that holds broker and database after the command that wanted them has ended.

``python -m infra.embedded.background_runtime DATA_DIR FACTS`` starts a `Runtime` and stops it at SIGTERM. While it
starts, it writes JSON lines on stdout: what takes long, and in the end that it is up, or why not.
`start_background_runtime` reads them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.errors import EnvironmentProblem, FreshetError
from infra.embedded import errors
from infra.embedded.data_folder import claim
from infra.embedded.errors import ServerFailed
from infra.embedded.java.ivy import Progress
from infra.embedded.java.jars import tell_stderr
from infra.embedded.running import Running, find_running
from infra.embedded.runtime import Runtime
from infra.embedded.server import log_tail

__all__ = ["start_background_runtime"]

_LOOK_EVERY_S = 1.0


def start_background_runtime(
    data_dir: Path,
    *,
    overrides: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
    progress: Progress = tell_stderr,
) -> Running:
    """Start broker and database in a process of their own, and wait until they are up.

    They run until `stop_running`. Interrupted while it waits, nothing is left running.

    Parameters
    ----------
    data_dir, overrides, facts, progress
        As for `Runtime`.

    Returns
    -------
    Running
        What ``runtime.json`` says.

    Raises
    ------
    EnvironmentProblem
        What the start of the runtime raised there.
    """
    data_dir = data_dir.resolve()
    claim(data_dir)  # its log goes there
    log = data_dir / "background-runtime.log"
    order = json.dumps({"overrides": dict(overrides or {}), "facts": dict(facts or {})})
    with log.open("ab") as errors_to:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.embedded.background_runtime", str(data_dir), order],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors_to,
            start_new_session=True,
        )
    try:
        for line in process.stdout or ():
            kind, text, hint = json.loads(line)
            if kind == "up" and (running := find_running(data_dir)) is not None:
                return running
            if kind == "progress":
                progress(text)
            elif kind != "up":
                process.wait()
                raise _named(kind)(text, hint=hint)
        message = f"The process that keeps broker and database ended. Its log {log} ends in:\n{log_tail(log)}"
        raise ServerFailed(message)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
        process.returncode = (
            0 if process.returncode is None else process.returncode
        )  # it is meant to outlive us


def _named(kind: str) -> type[FreshetError]:
    found = getattr(errors, kind, EnvironmentProblem)
    plain = isinstance(found, type) and issubclass(found, FreshetError) and found is not errors.PortTaken
    return found if plain else EnvironmentProblem


def main(argv: list[str]) -> int:
    """Keep the runtime of ``argv`` until a signal."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupt)
    order = json.loads(argv[1])
    runtime = Runtime(Path(argv[0]), **order, kept=True, progress=lambda text: _say("progress", text))
    try:
        runtime.start()
    except FreshetError as error:
        _say(type(error).__name__, error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        return 1
    try:
        _say("up", "")
        # Nobody reads it from here on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        while (problem := runtime.problem()) is None:
            ended.wait(_LOOK_EVERY_S)
        print(problem, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping is what it does already
        runtime.stop()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(kind: str, text: str, hint: str | None = None) -> None:
    print(json.dumps([kind, text, hint]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
