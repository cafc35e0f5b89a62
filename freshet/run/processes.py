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

__all__ = ["ChildFailed", "Crew", "last_lines"]

_TRIES = 3
_LIVED_WELL_S = 60.0  # a child that ran for so long starts with all its tries again
_BACK_OFF_S = (0.5, 2.0)
_LAST_LINES = 15
_LAST = 19  # as far as priorities go


class ChildFailed(FreshetError):
    """A child died for good; its last log lines are quoted."""


@dataclass
class _Member:
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


class Crew:
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
        self._members: dict[str, _Member] = {}

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
        member = _Member(name, tuple(arguments), log, ends, is_final, is_aside, nice)
        self._logs.mkdir(parents=True, exist_ok=True)
        member.log.unlink(missing_ok=True)
        self._members[name] = member
        self._launch(member)

    def _launch(self, member: _Member) -> None:
        # -P: a folder that happens to hold a contracts/ of its own must not be taken for ours.
        argv = [sys.executable, "-P", "-m", "freshet", *member.arguments]
        with member.log.open("ab") as log:
            member.child = spawn(argv, env=self._env, stdout=log, stderr=subprocess.STDOUT)
        if member.nice:  # before it has threads and children, which inherit it
            with contextlib.suppress(psutil.NoSuchProcess):
                child = psutil.Process(member.child.pid)
                child.nice(min(_LAST, child.nice() + member.nice))
        member.started_s, member.again_s = time.monotonic(), None

    def done(self, name: str) -> bool:
        """Whether a child that comes to an end has come to it."""
        member = self._members[name]
        return member.ends and member.child is not None and member.child.poll() == 0

    def check(self) -> None:
        """Start again whoever died; call it often.

        Raises
        ------
        ChildFailed
            If one died for good: 3 times in a row, or because it was told something that can't be.
        """
        now = time.monotonic()
        for member in self._members.values():
            if member.again_s is not None:
                if now >= member.again_s:
                    self._launch(member)
                continue
            if member.is_lost:
                continue
            code = member.child.poll() if member.child is not None else None
            if code is None or (code == 0 and member.ends):
                continue
            if now - member.started_s > _LIVED_WELL_S:
                member.deaths = 0
            member.deaths += 1
            how = _how(code)
            if member.deaths >= _TRIES or code == USAGE or (code > 0 and member.is_final):
                if not member.is_aside:
                    raise self._failure(member, how)
                member.is_lost = True
                said = last_lines(member.log, 2).splitlines()
                self._note(
                    f"{member.name} {how}, all else goes on without it: {' '.join(said) or 'it said nothing'}"
                )
                continue
            member.again_s = now + _BACK_OFF_S[member.deaths - 1]
            self._note(f"{member.name} {how}: started again")

    def _failure(self, member: _Member, how: str) -> ChildFailed:
        quoted = last_lines(member.log)
        times = f" for the {_TRIES}rd time" if member.deaths == _TRIES else ""
        said = f" Its last lines:\n{quoted}" if quoted else " It said nothing."
        return ChildFailed(f"{member.name} {how}{times}.{said}", hint=f"All it said is in {member.log}.")

    def stop(self, deadline_s: float) -> None:
        """Stop all, one after the other in the order of starting; who takes too long is killed.

        Those aside end meanwhile: nobody waits for what they do.

        Parameters
        ----------
        deadline_s : float
            By `time.monotonic`, when all must have ended.
        """
        running = [m.child for m in self._members.values() if m.child is not None and m.child.poll() is None]
        below = [process for child in running for process in _below(child.pid)]
        for member in self._members.values():
            if member.is_aside and member.child is not None:
                member.child.let_go()
        for i, child in enumerate(running):
            left = max(0.0, deadline_s - time.monotonic())
            child.stop(left / (len(running) - i))
        for member in self._members.values():
            if member.child is not None:
                member.child.let_go()
        for process in below:  # of one that had to be killed
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._members.clear()

    def kill(self) -> None:
        """End all at once."""
        for member in list(self._members.values()):
            if member.child is not None:
                member.child.kill()


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
