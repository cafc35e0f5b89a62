"""Children: real ones, that end, fail, and are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil
import pytest

from freshet.run.processes import ChildFailed, Processes
from tests.waiting import DEADLINE_S, until


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def processes(tmp_path, said):
    processes = Processes(tmp_path / "logs", os.environ, said.append)
    yield processes
    processes.kill()


def child_at(command: str) -> psutil.Process:
    """The child that runs `command`; for a moment after its start the kernel shows no command line of it."""
    found: list[psutil.Process] = []

    def is_there() -> bool:
        found.clear()
        for process in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):  # another child may just have ended
                if command in process.cmdline():
                    found.append(process)
        return bool(found)

    until(is_there, f"a child that runs {command}")
    (child,) = found
    return child


def test_a_child_that_comes_to_an_end_is_done(processes):
    processes.start("version", ["--version"], ends=True)
    until(lambda: processes.done("version"), "it is done")
    processes.check()


def test_a_child_that_was_told_something_that_can_not_be_is_not_tried_again(processes, said):
    processes.start("typo", ["nonsense"])

    def fails() -> bool:
        try:
            processes.check()
        except ChildFailed as error:
            assert "exit code 2" in str(error)
            assert "No such command" in str(error)
            assert "typo.log" in str(error)
            return True
        return False

    until(fails, "the processes says so")
    assert said == []


def test_a_child_that_was_killed_is_started_again_and_the_third_time_is_the_last(processes, said, tmp_path):
    # Waits for a stop that never comes, on a broker that is not there: any command that runs for a while.
    processes.start("version", ["--version"])

    def fails() -> bool:
        try:
            processes.check()
        except ChildFailed as error:
            assert "ended by itself for the 3rd time" in str(error)
            assert "freshet" in str(error)
            return True
        return False

    until(fails, "the processes says so")
    assert said == ["version ended by itself: started again"] * 2


def test_stop_leaves_nothing_behind(processes):
    processes.start("scoreboard", ["scoreboard", "--bootstrap", "127.0.0.1:1"])
    child = child_at("scoreboard")
    processes.stop(time.monotonic() + DEADLINE_S)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_child_that_does_not_listen_is_killed_at_the_deadline(processes):
    processes.start("scoreboard", ["scoreboard", "--bootstrap", "127.0.0.1:1"])
    child = child_at("scoreboard")
    child.send_signal(signal.SIGSTOP)
    processes.stop(time.monotonic() + 0.5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_the_last_word_of_a_child_that_has_tried_by_itself_is_final(processes, said):
    processes.start("etl", ["etl", "--bootstrap", "127.0.0.1:1"], is_final=True)

    def fails() -> bool:
        try:
            processes.check()
        except ChildFailed as error:
            assert "No Kafka broker answers at 127.0.0.1:1" in str(error)
            return True
        return False

    until(fails, "the processes says so")
    assert said == []


def test_a_child_that_was_killed_had_no_last_word(processes, said):
    processes.start("scoreboard", ["scoreboard", "--bootstrap", "127.0.0.1:1"], is_final=True)
    child = child_at("scoreboard")
    child.kill()

    def is_told() -> bool:
        processes.check()
        return bool(said)

    until(is_told, "it is told")
    assert said == ["scoreboard was killed by signal 9: started again"]


def test_without_one_aside_all_else_goes_on_and_it_gives_way_to_others(processes, said):
    processes.start("scoreboard", ["scoreboard", "--bootstrap", "127.0.0.1:1"])
    processes.start("etl", ["etl", "--bootstrap", "127.0.0.1:1"], is_final=True, is_aside=True, nice=5)
    assert child_at("etl").nice() == min(19, psutil.Process().nice() + 5)

    def is_told() -> bool:
        processes.check()
        return bool(said)

    until(is_told, "it is told")
    (line,) = said
    assert line.startswith("etl ended with exit code 1, all else goes on without it: error: No Kafka broker")
    processes.check()
    assert len(said) == 1
