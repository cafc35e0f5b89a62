"""What is said of a server that died: the last lines of its log, and its name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra.embedded.errors import DiskFull, ServerFailed
from infra.embedded.server import Server, launcher_argv, log_tail, set_up_failed
from infra.lifeline import spawn


def server(script: str, *logs: Path) -> Server:
    argv = launcher_argv([sys.executable, "-c", script], stop_signal=15, grace_s=1)
    return Server("The broker", spawn(argv), logs)


def ended(script: str, *logs: Path) -> Server:
    died = server(script, *logs)
    died.child.wait(20)
    return died


def test_a_server_that_ends_while_it_starts_is_told_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "broker log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    with pytest.raises(ServerFailed, match=r"ended while it started \(exit code 3\)") as caught:
        ended("raise SystemExit(3)", log).wait_until(lambda: False, 20)
    assert f"Its log {log} ends in:\nline 88\n" in caught.value.message
    assert "line 99" in caught.value.message


def test_a_server_that_is_never_ready_is_killed_and_named(tmp_path: Path) -> None:
    slow = server("import signal; signal.pause()", tmp_path / "gone")
    with pytest.raises(ServerFailed, match="did not answer within 0 s"):
        slow.wait_until(lambda: False, 0.05)
    assert slow.child.poll() is not None


def test_a_server_that_is_ready_is_left_running(tmp_path: Path) -> None:
    ready = server("import signal; signal.pause()", tmp_path / "log")
    ready.wait_until(lambda: True, 20)
    assert ready.child.poll() is None
    ready.kill()


def test_a_full_disk_is_recognised_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("INFO fine\n2026 ERROR writing\njava.io.IOException: No space left on device\n  at x\n")
    died = ended("raise SystemExit(1)", log).failure("ended by itself")
    assert isinstance(died, DiskFull)
    assert "another disk" in (died.hint or "")


def test_the_second_log_is_quoted_where_the_first_is_empty(tmp_path: Path) -> None:
    out = tmp_path / "broker.out"
    out.write_text("Unrecognized VM option\n")
    died = ended("raise SystemExit(1)", tmp_path / "broker.log", out).failure("ended")
    assert "broker.out ends in:\nUnrecognized VM option" in died.message


def test_an_empty_log_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "is empty" in ended("raise SystemExit(1)", tmp_path / "broker.log").failure("ended").message


def test_a_log_is_quoted_from_its_error_on_where_that_is_further_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("INFO a\nt ERROR it broke\n  at deep\n" + "INFO shut down\n" * 9)
    assert log_tail(log, 3) == "t ERROR it broke\n  at deep\nINFO shut down"
    assert log_tail(log, 12).startswith("INFO a\nt ERROR")


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"t ERROR long ago\n" + b"\xff" * 40_000 + b"\nlast\n")
    assert log_tail(log, 1) == "last"


def test_frames_of_java_are_not_quoted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("t ERROR it broke\njava.io.IOException: why\n\tat a.b(C.java:1)\n\tat d.e(F.java:2)\n")
    assert log_tail(log) == "t ERROR it broke\njava.io.IOException: why"


def test_a_disk_that_fills_up_while_a_folder_is_set_up_is_recognised(tmp_path: Path) -> None:
    assert isinstance(set_up_failed("Postgres", tmp_path, "initdb: No space left on device"), DiskFull)
    assert isinstance(set_up_failed("Postgres", tmp_path, "initdb: something else"), ServerFailed)
