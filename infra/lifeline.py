"""Child processes that end when their parent does, however it dies.

The parent keeps the write end of a pipe and gives the read end to the child. The kernel closes the write end when
the parent is gone, also after ``kill -9``; the child sees the end of the pipe and ends itself. Children run in
sessions of their own, so that Ctrl-C reaches the parent only, which then stops them in the order it wants.

Python children call `end_with_parent` first thing; programs that can't are put behind
`infra.embedded.launcher`, which does the same for them. A child whose parent is dead has less time than one that was
let go: nobody waits for it, and what it would say at its end nobody hears. What is still below it goes with it, so
that levels do not add up.

A parent must not ``os.fork`` without ``exec`` while it has children (`multiprocessing` with the start method
``fork`` does): the fork would keep the pipes open.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = ["ORPHAN_GRACE_S", "VARIABLE", "Child", "end_with_parent", "spawn"]

VARIABLE = "LIFELINE"
"""Environment variable that tells a child its end of the pipe and its parent's process id, as ``FD:PID``.

Not ``FRESHET_...``: those are settings, and unknown ones are refused.
"""

ORPHAN_GRACE_S = 2.0
"""From the death of a parent until its children are ended by force: a turn that is under way still commits."""

_LOOK_EVERY_S = 0.1


class Child:
    """A running child and the parent's end of its life line; made by `spawn`."""

    def __init__(self, process: subprocess.Popen[bytes], lifeline_fd: int) -> None:
        self._process = process
        self._lifeline_fd: int | None = lifeline_fd
        self._closing = threading.Lock()

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its session and process group."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs; negative for a signal."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end and return the exit code.

        Raises
        ------
        TimeoutError
            If it still runs after `timeout_s` seconds.
        """
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            message = f"process {self.pid} still runs after {timeout_s} s"
            raise TimeoutError(message) from None

    def release(self) -> None:
        """Close the life line: the child begins to end, as it would if this process died."""
        with self._closing:  # stop and kill may be called from two threads: never close a number twice
            if self._lifeline_fd is not None:
                os.close(self._lifeline_fd)
                self._lifeline_fd = None

    def stop(self, grace_s: float = 10.0) -> int:
        """Let go, wait up to `grace_s` seconds, then kill; return the exit code."""
        self.release()
        try:
            return self.wait(grace_s)
        except TimeoutError:
            return self.kill()

    def kill(self) -> int:
        """Kill the child and all of its process group at once; return the exit code."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        code = self._process.wait()
        self.release()
        return code


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start `argv` in a session of its own, on a life line from this process.

    Parameters
    ----------
    argv : sequence of str
        Program and arguments. It must watch its life line: `end_with_parent` or the launcher.
    env : mapping, optional
        Its whole environment, to which the life line is added; this process's by default.
    cwd : Path, optional
        Its working folder; this process's by default.
    stdout, stderr : int or file, optional
        As for `subprocess.Popen`; inherited by default. Its standard input is empty.
    pass_fds : sequence of int, optional
        Further file descriptors that it inherits.

    Returns
    -------
    Child
        The running child.
    """
    read_fd, write_fd = os.pipe()
    try:
        process = subprocess.Popen(
            list(argv),
            env={**(os.environ if env is None else env), VARIABLE: f"{read_fd}:{os.getpid()}"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[read_fd, *pass_fds],
            start_new_session=True,
        )
    except BaseException:
        os.close(write_fd)
        raise
    finally:
        os.close(read_fd)
    return Child(process, write_fd)


def end_with_parent(grace_s: float = 10.0, orphan_grace_s: float = ORPHAN_GRACE_S) -> bool:
    """Make this process end when its parent lets go of the life line or dies.

    A thread waits for the end of the pipe, sends SIGTERM to this process, so that its own handlers can stop it in
    order, and if it is still there `grace_s` seconds later kills what is below it and leaves by ``os._exit``. Call it
    first thing.

    Parameters
    ----------
    grace_s : float
        Seconds from SIGTERM to the forced exit.
    orphan_grace_s : float
        The same from the parent's death on.

    Returns
    -------
    bool
        False where no parent offers a life line (started by hand), and nothing is watched.
    """
    offered = os.environ.pop(VARIABLE, None)  # not for grandchildren: they get one of their own
    if offered is None:
        return False
    lifeline_fd, parent_pid = map(int, offered.split(":"))
    os.set_inheritable(lifeline_fd, False)

    pause = threading.Event()

    def watch() -> None:
        while os.read(lifeline_fd, 64):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        end_s = time.monotonic() + grace_s
        while os.getppid() == parent_pid and time.monotonic() < end_s:
            pause.wait(_LOOK_EVERY_S)
        pause.wait(min(orphan_grace_s, end_s - time.monotonic()))
        _kill_below()
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
    return True


def _kill_below() -> None:
    import psutil  # takes longer than all the rest, and most never need it

    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
