"""Runs a program that knows nothing of life lines, and ends it when the line is cut.

Started by path with ``python -I -S`` and importing next to nothing, for one of these stays in memory beside each
server (9 MB, up in 20 ms)::

    launcher.py STOP_SIGNAL GRACE_S UID:GID PROGRAM [ARGUMENT...]

When the life line ends, or on SIGTERM, SIGINT or SIGHUP, the program gets STOP_SIGNAL and, GRACE_S seconds later,
SIGKILL; 2 s later if the launcher's parent is dead, as `infra.lifeline` has it. UID:GID (``-`` for none) is the user
that the program runs as; the launcher keeps its own. It leaves with the program's exit code, or 128 + the number of
the signal that ended it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # as typing has it, which takes 5 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_ORPHAN_GRACE_S = 2.0
_LOOK_EVERY_S = 0.1


def _dying_with_launcher() -> Callable[[], object] | None:
    """Return what asks Linux, between fork and exec, to kill the program should the launcher be killed itself."""
    if sys.platform != "linux":
        return None
    # Loaded before the fork: the program's user need not be able to read Python's library.
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main(argv: list[str]) -> int:
    """Run ``argv``: see the module's text."""
    stop_signal, grace_s, user, program = int(argv[0]), float(argv[1]), argv[2], argv[3:]
    lifeline_fd, parent_pid = map(int, os.environ.pop("LIFELINE").split(":"))
    os.set_inheritable(lifeline_fd, False)

    # Signals only wake the loop below, by a byte in a pipe.
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)

    uid, gid = (int(part) for part in user.split(":")) if user != "-" else (None, None)
    # The program inherits what the launcher was given on purpose: a lock on the data folder ends with both.
    process = subprocess.Popen(
        program,
        stdin=subprocess.DEVNULL,
        user=uid,
        group=gid,
        extra_groups=[] if uid is not None else None,
        close_fds=False,
        preexec_fn=_dying_with_launcher(),
    )

    kill_at: float | None = None
    while (code := process.poll()) is None:
        left = None if kill_at is None else min(_LOOK_EVERY_S, max(0.0, kill_at - time.monotonic()))
        watched = [wake_read] if kill_at is not None else [wake_read, lifeline_fd]
        ready, _, _ = select.select(watched, [], [], left)
        stop = lifeline_fd in ready and not os.read(lifeline_fd, 64)
        if wake_read in ready:
            stop = stop or any(byte != signal.SIGCHLD for byte in os.read(wake_read, 64))
        if stop and kill_at is None:
            process.send_signal(stop_signal)
            kill_at = time.monotonic() + grace_s
        elif kill_at is not None and time.monotonic() >= kill_at:
            process.kill()
            code = process.wait()
            break
        if kill_at is not None and os.getppid() != parent_pid:
            kill_at = min(kill_at, time.monotonic() + _ORPHAN_GRACE_S)
            parent_pid = os.getppid()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
