"""How an instance is found, forgotten and stopped by other processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import EnvironmentProblem
from infra.embedded.data_folder import lock_folder
from infra.embedded.running import Running, find_running, publish_running, stop_running

ROOT = Path(__file__).resolve().parents[4]
RUNNING = Running(
    bootstrap="127.0.0.1:20001",
    database_url="postgresql://freshet@127.0.0.1:20002/freshet",
    database_password_file=Path("/data/postgres/password"),
    pid=os.getpid(),
    started_at="2026-01-05T08:00:00.000Z",
    facts={"group": "learner", "partitions": 2},
)
HOLDS = """
import os, signal, sys
from pathlib import Path
from infra.embedded.data_folder import lock_folder
{before}
with lock_folder(Path(sys.argv[1])):
    print("up", flush=True)
    signal.pause()
"""


def other_instance(data_dir: Path, before: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDS.format(before=before), str(data_dir)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_an_instance_is_found_with_all_it_published(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        publish_running(tmp_path, RUNNING)
        assert find_running(tmp_path) == RUNNING
        assert {entry.name for entry in tmp_path.iterdir()} == {"lock", "runtime.json"}


def test_settings_and_facts_lie_flat_beside_each_other(tmp_path: Path) -> None:
    publish_running(tmp_path, RUNNING)
    found = json.loads((tmp_path / "runtime.json").read_text())
    assert found["bootstrap"] == "127.0.0.1:20001"
    assert found["database_password_file"] == "/data/postgres/password"
    assert found["partitions"] == 2


def test_what_a_killed_instance_left_is_recognised_and_removed(tmp_path: Path) -> None:
    publish_running(tmp_path, RUNNING)
    (tmp_path / "lock").write_text("12345\n")
    assert find_running(tmp_path) is None
    assert not (tmp_path / "runtime.json").exists()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"bootstrap": 1'])
def test_an_instance_that_is_not_up_yet_is_not_found(tmp_path: Path, content: str | None) -> None:
    with lock_folder(tmp_path):
        if content is not None:
            (tmp_path / "runtime.json").write_text(content)
        assert find_running(tmp_path) is None


def test_nothing_is_found_or_stopped_where_nothing_is(tmp_path: Path) -> None:
    assert find_running(tmp_path / "gone") is None
    assert stop_running(tmp_path) is False


def test_stopping_waits_until_the_instance_has_ended(tmp_path: Path) -> None:
    with other_instance(tmp_path) as process:
        assert stop_running(tmp_path) is True
        assert process.wait(20) == -signal.SIGTERM
    assert stop_running(tmp_path) is False


def test_an_instance_that_does_not_end_is_named_with_the_way_out(tmp_path: Path) -> None:
    with other_instance(tmp_path, before="signal.signal(signal.SIGTERM, signal.SIG_IGN)") as process:
        with pytest.raises(EnvironmentProblem, match="has not ended") as caught:
            stop_running(tmp_path, deadline_s=0.1)
        assert caught.value.hint == f"End it with: kill -9 {process.pid}"
        process.kill()
