"""Children end with their parent, however it dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.lifeline import VARIABLE, Child, spawn

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 20.0
Starter = Callable[[str], Child]

WAITS = "import signal; signal.pause()"
CHILD = f"from infra.lifeline import end_with_parent as e; assert e(grace_s=0.2); print('up', flush=True); {WAITS}"
STUBBORN = CHILD.replace("print(", "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); print(")


@pytest.fixture
def started() -> Iterator[Starter]:
    """Start children that say when they are up, and leave none behind."""
    with contextlib.ExitStack() as cleaning:

        def start(script: str) -> Child:
            read_fd, write_fd = os.pipe()
            with open(read_fd) as output, open(write_fd, "w") as into:
                child = spawn([sys.executable, "-c", script], cwd=ROOT, stdout=into.fileno())
                cleaning.callback(child.kill)
                into.close()
                assert output.readline() == "up\n"
            return child

        yield start


def gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(PATIENCE_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_a_child_that_is_let_go_gets_a_chance_to_end_in_order(started: Starter) -> None:
    child = started(CHILD)
    assert child.poll() is None
    assert child.stop(PATIENCE_S) == -signal.SIGTERM


def test_a_child_that_ignores_the_signal_is_ended_by_its_own_watch(started: Starter) -> None:
    child = started(STUBBORN)
    assert child.stop(PATIENCE_S) == 128 + signal.SIGTERM


def test_a_child_that_watches_nothing_is_killed_after_the_grace(started: Starter) -> None:
    child = started(f"print('up', flush=True); {WAITS}")
    assert child.stop(0.1) == -signal.SIGKILL


def test_a_killed_child_tells_the_signal_and_can_be_stopped_again(started: Starter) -> None:
    child = started(CHILD)
    assert child.kill() == -signal.SIGKILL
    assert child.stop() == -signal.SIGKILL


def test_a_child_is_the_leader_of_a_session_of_its_own(started: Starter) -> None:
    child = started(CHILD)
    assert os.getsid(child.pid) == child.pid


def test_waiting_too_short_is_said(started: Starter) -> None:
    child = started(CHILD)
    with pytest.raises(TimeoutError, match=f"process {child.pid} still runs after 0.05 s"):
        child.wait(0.05)


def test_nothing_is_watched_where_no_parent_offers_a_line() -> None:
    script = "from infra.lifeline import end_with_parent as e; raise SystemExit(0 if e() is False else 1)"
    env = {name: value for name, value in os.environ.items() if name != VARIABLE}
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=False).returncode == 0


def test_kill_9_of_the_parent_ends_children_and_their_children() -> None:
    grandchild = [sys.executable, "-c", CHILD.replace("print('up'", "print(__import__('os').getpid()")]
    middle = (
        "import sys; from infra.lifeline import spawn, end_with_parent as e; e()\n"
        f"child = spawn({grandchild!r}); {WAITS}"
    )
    parent = (
        f"import sys; from infra.lifeline import spawn; c = spawn([sys.executable, '-c', {middle!r}])\n"
        f"print(c.pid, flush=True); {WAITS}"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()), int(process.stdout.readline())]
        process.kill()
        assert all(gone(pid) for pid in pids)


def test_after_kill_9_graces_do_not_add_up_and_what_is_on_no_line_goes_too() -> None:
    ignoring = "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN)"
    patient = f"import os, sys, subprocess; {ignoring}; from infra.lifeline import spawn, end_with_parent as e; e(600)"
    grandchild = f"{patient}; print(os.getpid(), flush=True); {WAITS}"
    stranger = f"import os; {ignoring}; print(os.getpid(), flush=True); {WAITS}"
    middle = (
        f"{patient}; print(os.getpid(), flush=True); c = spawn([sys.executable, '-c', {grandchild!r}])\n"
        f"subprocess.Popen([sys.executable, '-c', {stranger!r}]); {WAITS}"
    )
    parent = f"import sys; from infra.lifeline import spawn; c = spawn([sys.executable, '-c', {middle!r}]); {WAITS}"
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()) for _ in range(3)]
        process.kill()
        assert all(gone(pid) for pid in pids)


def test_a_child_that_a_living_parent_lets_go_has_all_of_its_grace(started: Starter) -> None:
    script = CHILD.replace("grace_s=0.2", "600, orphan_grace_s=0")
    # It ends late: only when the life line has looked after its parent three times since SIGTERM.
    ends_late = (
        "import os, signal as s, threading; looks = threading.Semaphore(0); ask = os.getppid\n"
        "os.getppid = lambda: (looks.release(), ask())[1]\n"
        "s.signal(s.SIGTERM, lambda *_: ([looks.acquire(timeout=60) for _ in range(3)], exit(7)))\n"
    )
    child = started(ends_late + script)
    assert child.stop(PATIENCE_S) == 7


def test_the_parents_end_of_one_line_is_not_inherited_by_another_child(started: Starter) -> None:
    first = started(CHILD)
    second = started(CHILD)
    assert first.stop(PATIENCE_S) == -signal.SIGTERM  # would be killed in the end if the second held its line
    assert second.poll() is None


def test_a_program_that_does_not_exist_leaves_no_pipe_open() -> None:
    before = psutil.Process().num_fds()
    with pytest.raises(FileNotFoundError):
        spawn(["/nowhere/at/all"])
    assert psutil.Process().num_fds() == before
