"""Whether the database answers: asked seldom, and never with a password in the answer."""

from __future__ import annotations

import socket
from pathlib import Path

from infra.postgres import DatabaseCheck


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_database_that_is_not_there_is_a_problem_with_its_address_and_without_its_password(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (tmp_path / "password").write_text("hunter2\n")
    found = DatabaseCheck(f"postgresql://ann@127.0.0.1:{port}/shop", tmp_path / "password").problem()
    assert found is not None
    assert f"127.0.0.1:{port}/shop" in found and "hunter2" not in found


def test_an_answer_counts_for_a_while(tmp_path: Path):
    clock, password_file = Clock(), tmp_path / "password"
    check = DatabaseCheck("postgresql://ann@127.0.0.1:1/shop", password_file, fresh_s=2.0, clock=clock)
    before = check.problem()
    assert before is not None and "password" in before
    password_file.write_text("hunter2")
    clock.now_s += 1.9
    assert check.problem() == before
    clock.now_s += 0.1
    after = check.problem()
    assert after is not None and "can't be reached" in after
