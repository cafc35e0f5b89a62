"""The launcher ends its program when the life line is cut, and hands its end on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from infra.embedded.server import launcher_argv
from infra.lifeline import Child, spawn

PATIENCE_S = 20.0
WAITS = "signal.pause()"


class Launcher(Protocol):
    def __call__(
        self, script: str, *, stop_signal: int = signal.SIGTERM, grace_s: float = 10.0
    ) -> tuple[Child, int]: ...


@pytest.fixture
def launched() -> Iterator[Launcher]:
    """Start a launcher whose program tells its process id; leave nothing behind."""
    with contextlib.ExitStack() as cleaning:

        def launch(
            script: str, *, stop_signal: int = signal.SIGTERM, grace_s: float = 10.0
        ) -> tuple[Child, int]:
            script = f"import os, signal\n{script}\nprint(os.getpid(), flush=True)\n{WAITS}"
            argv = launcher_argv([sys.executable, "-c", script], stop_signal=stop_signal, grace_s=grace_s)
            read_fd, write_fd = os.pipe()
            with open(read_fd) as output, open(write_fd, "w") as into:
                child = spawn(argv, stdout=into.fileno())
                cleaning.callback(child.kill)
                into.close()
                return child, int(output.readline())

        yield launch


def gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(PATIENCE_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_gets_the_signal_that_it_understands(launched: Launcher, number: signal.Signals) -> None:
    handler = f"signal.signal({int(number)}, lambda *_: os._exit(7))"
    child, _ = launched(handler, stop_signal=number)
    assert child.stop(PATIENCE_S) == 7


def test_a_program_that_ignores_the_signal_is_killed_after_the_grace(launched: Launcher) -> None:
    child, pid = launched("signal.signal(signal.SIGTERM, signal.SIG_IGN)", grace_s=0.1)
    assert child.stop(PATIENCE_S) == 128 + signal.SIGKILL
    assert gone(pid)


def test_the_launcher_leaves_with_the_exit_code_of_its_program() -> None:
    argv = launcher_argv([sys.executable, "-c", "raise SystemExit(3)"], stop_signal=signal.SIGTERM, grace_s=1)
    assert spawn(argv).wait(PATIENCE_S) == 3


def test_a_signal_to_the_launcher_is_handed_on(launched: Launcher) -> None:
    child, pid = launched("signal.signal(signal.SIGINT, lambda *_: os._exit(9))", stop_signal=signal.SIGINT)
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(PATIENCE_S) == 9
    assert gone(pid)


def test_kill_takes_launcher_and_program_at_once(launched: Launcher) -> None:
    child, pid = launched("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    child.kill()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a program's life to the launcher's")
def test_kill_9_of_the_launcher_alone_ends_the_program_too(launched: Launcher) -> None:
    child, pid = launched("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    os.kill(child.pid, signal.SIGKILL)
    assert gone(pid)


def test_kill_9_of_the_parent_ends_launcher_and_program_soon_whatever_the_grace() -> None:
    root = Path(__file__).resolve().parents[4]
    script = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True)\n"
        "while True: signal.pause()"
    )
    argv = launcher_argv([sys.executable, "-c", script], stop_signal=signal.SIGTERM, grace_s=600)
    parent = (
        f"import signal; from infra.lifeline import spawn; c = spawn({argv!r})\n"
        "print(c.pid, flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", parent]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()), int(process.stdout.readline())]
        process.kill()
        assert all(gone(pid) for pid in pids)


def test_the_program_does_not_inherit_the_life_line(launched: Launcher) -> None:
    script = "assert 'LIFELINE' not in os.environ"
    child, pid = launched(script)
    if sys.platform == "linux":
        pipes = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert sum(target.startswith("pipe:") for target in pipes) == 1  # its output
