"""Runs pytest once or several times at once, and whatever failed once more, alone.

    python -m tests.again [--coverage] [--most N] -- ARGUMENTS [-- ARGUMENTS ...]

Each ``-- ARGUMENTS`` is one pytest; words like ``NAME=value`` before its arguments go to its environment. All start
at once, or N of them and then one whenever one has ended, and what they say follows one after the other. A test that
fails may have lost to chance on a busy machine, so it is run again when nothing else runs. If it passes then, the run
is green and prints ``FLAKY: name``. More than five failures are no chance, and stay failures.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_FAILURES = 5
_RECORD = "FRESHET_TEST_RECORD"
_LOOK_EVERY_S = 0.2


class Recorder:
    """What became of each test of one pytest, written to a file at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outcomes: dict[str, set[str]] = {}
        self._left_out = 0

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count those that ``-m "not long"`` left out."""
        self._left_out += sum(item.get_closest_marker("long") is not None for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of set-up, call or tear-down; only a call can pass."""
        if report.failed or report.when == "call" or report.skipped:
            self._outcomes.setdefault(report.nodeid, set()).add(report.outcome)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what is known, and whether the run was cut short, so that tests may be missing."""
        record = {
            "failed": [name for name, outcomes in self._outcomes.items() if "failed" in outcomes],
            "passed": [name for name, outcomes in self._outcomes.items() if outcomes == {"passed"}],
            "cut_short": bool(session.shouldfail or session.shouldstop),
            "left_out": self._left_out,
        }
        self._path.write_text(json.dumps(record))


def pytest_configure(config: pytest.Config) -> None:
    """Record this run, if `tests.again` started it. The workers of xdist leave that to their controller."""
    path = os.environ.get(_RECORD)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(path)))


class Run:
    """One pytest in a process of its own; what it prints goes to a file, or on at once.

    Parameters
    ----------
    command
        What runs pytest.
    arguments
        Those of pytest.
    folder
        Where record and output are put.
    aloud
        Whether it prints at once.
    """

    def __init__(self, command: list[str], arguments: list[str], folder: Path, *, aloud: bool) -> None:
        self.words, arguments = environment_of(arguments)
        self._record = folder / "record.json"
        self._output = None if aloud else (folder / "output").open("w+b")
        self._process = subprocess.Popen(
            [*command, "-p", "tests.again", *arguments],
            stdout=self._output,
            stderr=subprocess.STDOUT if self._output else None,
            stdin=subprocess.DEVNULL,
            env=os.environ | dict(word.split("=", 1) for word in self.words) | {_RECORD: str(self._record)},
            process_group=0,  # Ctrl-C comes through `stop` alone: a second one would cut pytest's cleaning up short
        )

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def end(self) -> int:
        """Wait for its end, print what was held back, and return its exit code."""
        code = self._process.wait()
        if self._output:
            self._output.seek(0)
            sys.stdout.flush()
            sys.stdout.buffer.write(self._output.read())
            sys.stdout.flush()
            self._output.close()
        return code

    def stop(self) -> None:
        """Interrupt it as Ctrl-C does, so that its fixtures end their servers."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def record(self) -> dict[str, Any]:
        """What became of its tests; empty where it died before it could say so."""
        return json.loads(self._record.read_text()) if self._record.exists() else {}


def _run_all(command: list[str], groups: list[list[str]], folder: Path, most: int) -> list[tuple[int, Run]]:
    """Run all groups, `most` at once; a signal to this process reaches each of them, and no other is started."""
    runs: list[Run] = []
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        for run in runs:
            run.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for place, arguments in enumerate(groups):
            while len([run for run in runs if not run.has_ended]) >= most and not stopped.is_set():
                stopped.wait(_LOOK_EVERY_S)
            if stopped.is_set():
                break
            own = folder / str(place)
            own.mkdir(parents=True)
            runs.append(Run(command, arguments, own, aloud=place == 0))
        return [(run.end(), run) for run in runs]  # the first one has printed at once
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def environment_of(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Part the words that go to the environment from pytest's arguments.

    >>> environment_of(["FRESHET_TEST_BACKEND=containers", "-m", "not long"])
    (['FRESHET_TEST_BACKEND=containers'], ['-m', 'not long'])
    """
    words = list(itertools.takewhile(re.compile("[A-Z_]+=").match, arguments))
    return words, arguments[len(words) :]


def worth_another_try(ends: list[tuple[int, dict[str, Any]]]) -> list[str]:
    """Which tests to run again: those that failed, or none where that would hide something.

    Parameters
    ----------
    ends
        Exit code and record of each pytest that did not end with 0.

    >>> worth_another_try([(1, {"failed": ["a.py::test_a"], "passed": [], "cut_short": False})])
    ['a.py::test_a']
    >>> worth_another_try([(2, {"failed": ["a.py::test_a"], "passed": [], "cut_short": False})])
    []
    """
    for code, record in ends:
        if code != pytest.ExitCode.TESTS_FAILED or not record or record["cut_short"] or not record["failed"]:
            return []
    failed = [name for _, record in ends for name in record["failed"]]
    return failed if len(failed) <= MOST_FAILURES else []


def main(arguments: list[str]) -> int:
    """Run what the arguments say; 0 where every test passed in the first run or alone."""
    told, *groups = _split(arguments)
    parser = argparse.ArgumentParser("python -m tests.again", epilog="-- ARGUMENTS [-- ARGUMENTS ...]")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--most", type=int, default=len(groups))
    options = parser.parse_args(told)
    if not groups or options.most < 1:
        parser.error("there must be a group of arguments, and one must be let run")
    command = [sys.executable, *(["-m", "coverage", "run"] if options.coverage else []), "-m", "pytest"]
    with tempfile.TemporaryDirectory(prefix="freshet-again-") as temporary:
        folder = Path(temporary)
        runs = _run_all(command, groups, folder / "first", options.most)
        if left_out := sum(run.record().get("left_out", 0) for _, run in runs):
            print(f"{left_out} long tests were left out: `make test-all` runs them, too.", flush=True)
        codes = [code for code, _ in runs if code]
        if len(runs) < len(groups):
            return max([*codes, pytest.ExitCode.INTERRUPTED])
        if not codes:
            return 0
        ends = [(code, run.record()) for code, run in runs if code]
        if not worth_another_try(ends):
            return codes[0]
        failed = [(name, run.words) for code, run in runs if code for name in run.record()["failed"]]
        for place, (name, words) in enumerate(failed):
            print(f"\nOnce more, alone: {name}", flush=True)
            [(code, run)] = _run_all(command, [[*words, name]], folder / f"again-{place}", 1)
            if code or run.record().get("passed") != [name]:
                return codes[0]
        for name, _ in failed:
            print(f"FLAKY: {name}", flush=True)
    return 0


def _split(arguments: list[str]) -> list[list[str]]:
    """Split at each ``--``.

    >>> _split(["--coverage", "--", "tests", "-x", "--", "contracts"])
    [['--coverage'], ['tests', '-x'], ['contracts']]
    """
    parts: list[list[str]] = [[]]
    for argument in arguments:
        if argument == "--":
            parts.append([])
        else:
            parts[-1].append(argument)
    return parts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
