"""Runs the real command line in processes of its own, and finds what is left of them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import psutil

from tests.waiting import DEADLINE_S, slowed, until

GONE_S = 30.0


def argv(*arguments: str, folder: Path) -> list[str]:
    """What starts ``freshet ARGUMENTS`` on `folder`."""
    return [sys.executable, "-m", "freshet", *arguments, "--data-dir", str(folder)]


def environment(**more: str) -> dict[str, str]:
    """The environment of a user without settings; off a terminal.

    Not traced for coverage: that would take a whole stack of processes three times as long, and what they run is
    covered by tests that are nearer to it.
    """
    strange = ("FRESHET_", "COVERAGE_PROCESS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return kept | more


def freshet(
    *arguments: str, folder: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        argv(*arguments, folder=folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
        env=env or environment(),
    )


def at_work(folder: Path) -> list[psutil.Process]:
    """All processes that have to do with `folder`: by command line, working folder or environment."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            said = [
                *(process.info["cmdline"] or ()),
                process.cwd(),
                process.environ().get("FRESHET_DATA_DIR", ""),
            ]
            # A zombie is over; who reaps it is its parent's business, and after kill -9 that is not us.
            if any(str(folder) in text for text in said) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def nothing_is_left(folder: Path, within_s: float = GONE_S) -> float:
    """Wait until nothing works on `folder`: who was killed, or has given its lock back, is gone in a moment."""
    return until(lambda: at_work(folder) == [], f"nothing works on {folder} any more", slowed(within_s))


def next_prediction(
    folder: Path, wanted: Callable[[dict[str, Any]], bool] = lambda _: True, deadline_s: float = DEADLINE_S
) -> dict[str, Any]:
    """Wait for a prediction that is made while we look and is like that, and return it."""
    command = argv("watch", "--json", folder=folder)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as watch:
        timer = threading.Timer(deadline_s, watch.kill)
        timer.start()
        try:
            assert watch.stdout is not None
            for line in watch.stdout:
                found: dict[str, Any] = json.loads(line)
                if wanted(found):
                    return found
        finally:
            timer.cancel()
            watch.terminate()
    message = "no such prediction came"
    raise AssertionError(message)


class Demo:
    """A demo that runs while the test looks."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.stderr = folder.parent / "demo.stderr"
        with self.stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                argv("demo", *arguments, folder=folder),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=environment(),
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it if it still runs: then the test has failed."""
        self.process.kill()
        self.process.wait()

    def until_it_predicts(self) -> dict[str, Any]:
        """Wait for a prediction that is made while we look, and return it."""
        until(lambda: self._is_alive() and self._is_up(), "runtime.json")
        return next_prediction(self.folder)

    def _is_up(self) -> bool:
        # One that was killed leaves its own behind, which goes when the next one starts.
        try:
            running = json.loads((self.folder / "runtime.json").read_text())
        except FileNotFoundError:
            return False
        return bool(running["pid"] == self.process.pid)

    def _is_alive(self) -> bool:
        assert self.process.poll() is None, self.stderr.read_text()
        return True


def end_all(folder: Path) -> None:
    """Kill what works on `folder`."""
    for process in at_work(folder):
        with contextlib.suppress(psutil.NoSuchProcess):  # Spark's workers come and go
            process.kill()


def run_of(*arguments: str, folder: Path, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Run a command that prints one JSON object, to its good end."""
    done = freshet(*arguments, folder=folder, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found
