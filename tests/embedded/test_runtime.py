"""Broker and database as one: started, found, refused twice, stopped, wiped, and gone when the parent is killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.embedded import Runtime, find_running, start_background_runtime, stop_running, wipe
from infra.embedded.errors import DataFolderForeign, DataFolderInUse, JavaMissing
from infra.embedded.kafka.probe import serving_cluster
from infra.embedded.ports import load_ports

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0

RUNS = """
import signal, sys
from pathlib import Path
from infra.embedded import Runtime
with Runtime(Path(sys.argv[1])):
    print("up", flush=True)
    signal.pause()
"""


def silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data folder for all tests of this file: each finds nothing running, and leaves nothing."""
    folder = tmp_path_factory.mktemp("runtime") / "data folder"
    yield folder
    wipe(folder)


def processes_on(data_dir: Path) -> list[psutil.Process]:
    """All whose working folder or arguments lie in the data folder, or in the database's place for root."""
    places = [str(data_dir)]
    pointer = data_dir / "postgres" / "elsewhere"
    if pointer.exists():
        places.append(pointer.read_text().strip())
    found = []
    for process in psutil.process_iter():
        try:
            told = [process.cwd(), *process.cmdline()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(place in text for place in places for text in told):
            found.append(process)
    return found


def answers(data_dir: Path) -> bool:
    """Whether both are up, asked as any other command would."""
    running = find_running(data_dir)
    assert running is not None
    with psycopg.connect(running.database_url) as connection:
        connection.execute("SELECT 1")
    return serving_cluster(int(running.bootstrap.split(":")[1])) is not None


def test_it_is_found_while_it_runs_and_refuses_a_second_one_and_a_wipe(data_dir: Path) -> None:
    with Runtime(data_dir, facts={"group": "learner", "partitions": 3}, progress=silent) as runtime:
        assert answers(data_dir)
        running = find_running(data_dir)
        assert running is not None
        assert (running.pid, running.kept, running.facts) == (
            os.getpid(),
            False,
            {"group": "learner", "partitions": 3},
        )
        assert running.bootstrap == runtime.bootstrap
        with pytest.raises(DataFolderInUse, match=f"as process {os.getpid()}"):
            Runtime(data_dir, progress=silent).start()
        with pytest.raises(DataFolderInUse):
            wipe(data_dir)
        assert answers(data_dir)
        assert runtime.problem() is None
    assert find_running(data_dir) is None
    assert not (data_dir / "runtime.json").exists()
    assert processes_on(data_dir) == []


def test_kill_9_of_the_parent_leaves_nothing_and_the_next_start_has_the_same_addresses(
    data_dir: Path,
) -> None:
    command = [sys.executable, "-c", RUNS, str(data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        before = find_running(data_dir)
        children = [process for process in processes_on(data_dir) if process.pid != parent.pid]
        assert len(children) >= 4  # two launchers, Java, Postgres and its own
        parent.kill()
    assert (data_dir / "runtime.json").exists()
    assert find_running(data_dir) is None
    with Runtime(data_dir, progress=silent):  # at once: it waits for what is still ending
        assert psutil.wait_procs(children, 0)[1] == []
        after = find_running(data_dir)
        assert before is not None
        assert after is not None
        assert (after.bootstrap, after.database_url) == (before.bootstrap, before.database_url)
        assert answers(data_dir)


def test_a_keeper_outlives_who_started_it_until_it_is_told_to_stop(data_dir: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from infra.embedded import start_background_runtime\n"
        "print(start_background_runtime(Path(sys.argv[1]), facts={'partitions': 5}).pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(data_dir)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    running = find_running(data_dir)
    assert running is not None
    assert (running.pid, running.kept, running.facts) == (int(done.stdout), True, {"partitions": 5})
    assert answers(data_dir)
    processes = processes_on(data_dir)
    assert stop_running(data_dir) is True
    assert psutil.wait_procs(processes, PATIENCE_S)[1] == []
    assert find_running(data_dir) is None


def test_what_stops_a_keeper_from_starting_is_told_as_itself(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JavaMissing, match="No Java was found") as caught:
        start_background_runtime(data_dir, progress=silent)
    assert caught.value.hint
    assert processes_on(data_dir) == []


def test_a_start_that_fails_leaves_nothing_running_and_the_folder_free(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    for _ in range(2):
        with pytest.raises(JavaMissing):
            Runtime(data_dir, progress=silent).start()
        assert processes_on(data_dir) == []


def test_a_folder_with_other_files_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(DataFolderForeign):
        Runtime(tmp_path, progress=silent).start()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_wiping_starts_over_with_a_database_that_is_empty(data_dir: Path) -> None:
    pointer = data_dir / "postgres" / "elsewhere"
    elsewhere = Path(pointer.read_text().strip()) if pointer.exists() else data_dir / "postgres"
    assert elsewhere.exists()
    assert load_ports(data_dir / "kafka" / "ports.json")
    wipe(data_dir)
    assert not elsewhere.exists()
    assert {entry.name for entry in data_dir.iterdir()} == {".freshet-data-folder", "lock"}
    (data_dir / "runtime.json").write_text(json.dumps({"bootstrap": "x"}))
    assert find_running(data_dir) is None
    shutil.rmtree(data_dir)
