"""The children of a demo: started on life lines, started again when they die, stopped in order."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from contracts.errors import FreshetError
from freshet.cli.failures import USAGE
from infra.lifeline import Child, spawn

__all__ = ["ChildFailed", "Processes", "last_lines"]

_TRIES = 3
_LIVED_WELL_S = 60.0  # a child that ran for so long starts with all its tries again
_BACK_OFF_S = (0.5, 2.0)
_LAST_LINES = 15
_LAST = 19  # as far as priorities go


class ChildFailed(FreshetError):
    """A child died for good; its last log lines are quoted."""


@dataclass
class _Process:
    name: str
    arguments: tuple[str, ...]
    log: Path
    ends: bool
    is_final: bool
    is_aside: bool
    nice: int
    child: Child | None = None
    started_s: float = 0.0
    deaths: int = 0
    is_lost: bool = False
    again_s: float | None = None


def last_lines(log: Path, count: int = _LAST_LINES) -> str:
    """The last lines of a log that say something."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 16_384))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


class Processes:
    """Children of this process by name, in the order in which they are stopped.

    Parameters
    ----------
    logs : Path
        Folder of their logs, one file each.
    env : mapping
        Environment of all of them: how the settings are handed on.
    note : callable
        Told in a line when a child is started again.
    """

    def __init__(self, logs: Path, env: Mapping[str, str], note: Callable[[str], None]) -> None:
        self._logs = logs
        self._env = dict(env)
        self._note = note
        self._processes: dict[str, _Process] = {}

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        ends: bool = False,
        is_final: bool = False,
        is_aside: bool = False,
        nice: int = 0,
    ) -> None:
        """Start ``python -m freshet ARGUMENTS`` in a session of its own.

        Parameters
        ----------
        name : str
            Of the child and of its log.
        arguments : sequence of str
            Never a secret: other users can read them.
        ends : bool
            Whether it comes to an end by itself; else an exit code of 0 is a death like any other.
        is_final : bool
            Whether its exit code is its last word, for it has tried again by itself; if it was killed, it had none.
        is_aside : bool
            Whether all else goes on without it: when it died for good, that is told and no error.
        nice : int
            Its priority gives way to others by so much, as `nice` has it.
        """
        log = self._logs / f"{name}.log"
        process = _Process(name, tuple(arguments), log, ends, is_final, is_aside, nice)
        self._logs.mkdir(parents=True, exist_ok=True)
        process.log.unlink(missing_ok=True)
        self._processes[name] = process
        self._launch(process)

    def _launch(self, process: _Process) -> None:
        # -P: a folder that happens to hold a contracts/ of its own must not be taken for ours.
        argv = [sys.executable, "-P", "-m", "freshet", *process.arguments]
        with process.log.open("ab") as log:
            process.child = spawn(argv, env=self._env, stdout=log, stderr=subprocess.STDOUT)
        if process.nice:  # before it has threads and children, which inherit it
            with contextlib.suppress(psutil.NoSuchProcess):
                child = psutil.Process(process.child.pid)
                child.nice(min(_LAST, child.nice() + process.nice))
        process.started_s, process.again_s = time.monotonic(), None

    def done(self, name: str) -> bool:
        """Whether a child that ends by itself has ended."""
        process = self._processes[name]
        return process.ends and process.child is not None and process.child.poll() == 0

    def check(self) -> None:
        """Start children that died again; call it often.

        Raises
        ------
        ChildFailed
            If one died for good: 3 times in a row, or because of wrong arguments or settings.
        """
        now = time.monotonic()
        for process in self._processes.values():
            if process.again_s is not None:
                if now >= process.again_s:
                    self._launch(process)
                continue
            if process.is_lost:
                continue
            code = process.child.poll() if process.child is not None else None
            if code is None or (code == 0 and process.ends):
                continue
            if now - process.started_s > _LIVED_WELL_S:
                process.deaths = 0
            process.deaths += 1
            how = _how(code)
            if process.deaths >= _TRIES or code == USAGE or (code > 0 and process.is_final):
                if not process.is_aside:
                    raise self._failure(process, how)
                process.is_lost = True
                said = last_lines(process.log, 2).splitlines()
                self._note(
                    f"{process.name} {how}, all else goes on without it: {' '.join(said) or 'it said nothing'}"
                )
                continue
            process.again_s = now + _BACK_OFF_S[process.deaths - 1]
            self._note(f"{process.name} {how}: started again")

    def _failure(self, process: _Process, how: str) -> ChildFailed:
        quoted = last_lines(process.log)
        times = f" for the {_TRIES}rd time" if process.deaths == _TRIES else ""
        said = f" Its last lines:\n{quoted}" if quoted else " It said nothing."
        return ChildFailed(f"{process.name} {how}{times}.{said}", hint=f"All it said is in {process.log}.")

    def stop(self, deadline_s: float) -> None:
        """Stop all, one after the other in the order of starting; a child that takes too long is killed.

        Those aside end meanwhile: nobody waits for what they do.

        Parameters
        ----------
        deadline_s : float
            By `time.monotonic`, when all must have ended.
        """
        children = [one.child for one in self._processes.values() if one.child is not None]
        running = [child for child in children if child.poll() is None]
        below = [grandchild for child in running for grandchild in _below(child.pid)]
        for process in self._processes.values():
            if process.is_aside and process.child is not None:
                process.child.release()
        for i, child in enumerate(running):
            left = max(0.0, deadline_s - time.monotonic())
            child.stop(left / (len(running) - i))
        for child in children:
            child.release()
        for grandchild in below:  # of one that had to be killed
            with contextlib.suppress(psutil.NoSuchProcess):
                grandchild.kill()
        self._processes.clear()

    def kill(self) -> None:
        """End all at once."""
        for process in list(self._processes.values()):
            if process.child is not None:
                process.child.kill()


def _below(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _how(code: int) -> str:
    if code < 0:
        return f"was killed by signal {-code}"
    return f"ended with exit code {code}" if code else "ended by itself"
