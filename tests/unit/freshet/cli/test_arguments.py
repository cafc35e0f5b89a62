"""A wrong argument is named as that, with no broker and no database anywhere."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from freshet.cli.app import app
from infra.embedded import Running
from infra.embedded.data_folder import MARKER, lock_folder
from infra.embedded.running import publish_running

NOBODY = "127.0.0.1:1"
TASK = "must be one of conversion, basket, sentiment. Got "
MODEL = "as task/name@version. Got "
TIME = "--at must be an event time from 2000 to 2099, such as 2026-01-05 12:00. Got "
EXPORT = "must be a folder of `freshet models export`. It is "
FOLDER = "must be a folder. "


def typed(*arguments: str, **env: str):
    return CliRunner().invoke(app, arguments, prog_name="freshet", env=env)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a file and a folder that holds a file."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRESHET_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FRESHET_BOOTSTRAP", NOBODY)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("why --task conversion --at yesterday", TIME + "'yesterday'."),
        ("why --task conversion --at 2026-02-30", TIME + "'2026-02-30'."),
        ("why --task conversion --at 0001-01-01T00:00+23:00", TIME),
        ("why --task fortune --at 2026-01-05", TASK + "'fortune'."),
        ("why --task conversion --at ''", TIME + "''."),
        ("why --prediction ''", "--prediction must be the id of an event"),
        ("why --task conversion", "--prediction must be given, or --task and --at"),
        ("watch --task fortune", TASK + "'fortune'."),
        ("watch --task ''", TASK + "''."),
        ("rollback fortune", TASK + "'fortune'."),
        ("rollback ''", TASK + "''."),
        ("promote boosting", MODEL + "'boosting'."),
        ("promote conversion/boosting@-1", MODEL),
        ("promote fortune/boosting@1", TASK + "'fortune'."),
        ("shadow ''", MODEL + "''."),
        ("models list --task fortune", TASK + "'fortune'."),
        ("models show 7", MODEL + "'7'."),
        ("models diff conversion/a@1 b", MODEL + "'b'."),
        ("models export b new", MODEL + "'b'."),
        ("models export conversion/a@1 file", "The folder must be new or empty. Got file."),
        ("models export conversion/a@1 folder", "The folder must be new or empty. Got folder."),
        ("models import file", EXPORT + "a file."),
        ("models import folder", EXPORT + "a folder without model.json."),
        ("models import nowhere", EXPORT + "not there."),
        ("dlq show -- -1:5", "A dead letter must be PARTITION:OFFSET, such as 0:17. Got '-1:5'."),
        ("dlq show ''", "A dead letter must be PARTITION:OFFSET"),
        ("dlq list --reason ''", "--reason must be one of "),
        ("backfill fortune", "The feature set must be conversion"),
        ("backfill conversion --master moon", "--master must be local[*]"),
        ("etl --master ''", "--master must be local[*]"),
        ("etl --driver-memory much", "--driver-memory must be a number with m or g"),
        ("etl --every ''", "--every must be a time from 1s"),
        ("train ''", TASK + "''."),
        ("train conversion --budget -1", "--budget must be a time from 0s"),
        ("trainer fortune", "conversion, basket, sentiment. Got 'fortune'."),
        ("learn --group 'a b'", "--group must be 1 to 100 letters, digits"),
        ("learn --http-host 'a b'", "--http-host must be an address without spaces"),
        ("learn --partition -1", "Invalid value for '--partition'"),
        (
            "learn --partition 9 --partitions 2",
            "--partition must be below the number of partitions, 2. Got 9.",
        ),
        ("simulate --seed -1", "Invalid value for '--seed'"),
        ("simulate --seed seven", "Invalid value for '--seed'"),
        ("simulate --rate nan", "Invalid value for '--rate'"),
        ("simulate --speed 0", "--speed must be greater than 0. Got 0.0."),
        ("simulate --traffic 0", "--traffic must be greater than or equal to 1."),
        ("simulate --drift soon", "drift must be NAME@N"),
        ("demo --drift ''", "drift must be NAME@N"),
        ("watch --bootstrap ''", "--bootstrap must be host:port, or several with commas between. Got ''."),
        ("topics --bootstrap nonsense", "--bootstrap must be host:port"),
        ("audit --bootstrap h:99999", "A broker's port must be from 1 to 65535. Got 'h:99999'."),
        ("score --database-url ''", "--database-url must not be empty."),
        (
            "score --database-password-file folder",
            "--database-password-file must be a file. folder is a folder.",
        ),
        (
            "setup --database-password-file nowhere",
            "--database-password-file must be a file. nowhere is not there.",
        ),
        ("replay folder", "folder can't be read: Is a directory."),
        ("replay file --send-only", "file lacks the columns"),
        ("replay file --dates ymd", "'ymd' is not one of 'dmy', 'mdy', 'iso'."),
        *(
            (f"{name} --data-dir file", FOLDER)
            for name in ("config", "demo", "doctor", "down", "watch", "score")
        ),
        ("score --data-dir file/below", FOLDER),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_connected(
    arguments: str, said: str, place: Path
) -> None:
    result = typed(*shlex.split(arguments))
    assert said in result.stderr
    assert result.exit_code == 2
    for leaked in ("Traceback", "ydantic", "Value error", "String should", "Input should", "No Kafka broker"):
        assert leaked not in result.stderr
    assert result.stdout == ""
    assert (place / "file").read_text() == "x"


def here(data_dir: Path) -> Running:
    """What a demo on `data_dir` says of itself; nobody is at its address."""
    return Running(NOBODY, "postgresql://freshet@127.0.0.1:1/freshet", data_dir / "password", 1, "2026-01-05")


def test_doctor_does_not_believe_what_a_demo_that_was_killed_left_behind(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("")
    publish_running(tmp_path, here(tmp_path))

    def broker() -> dict[str, object]:
        checks = json.loads(typed("doctor", "--json", "--data-dir", str(tmp_path)).stdout)["checks"]
        return next(check for check in checks if check["name"] == "broker")

    assert broker()["ok"]
    assert "a demo's that ended without saying so" in str(broker()["found"])
    with lock_folder(tmp_path):
        assert not broker()["ok"]
        assert broker()["found"] == f"{NOBODY} does not answer"


def test_a_second_start_is_refused_without_a_word_of_starting_or_stopping(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("")
    with lock_folder(tmp_path):
        result = typed("demo", "--events", "10", "--json", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "stopp" not in result.stderr
    assert str(tmp_path) in result.stderr
