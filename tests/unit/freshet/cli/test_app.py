"""What can be typed, and how it ends."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from contracts.settings import Settings
from freshet.cli.app import app

COMMANDS = (
    "audit", "backfill", "config", "demo", "doctor", "down", "etl", "explain", "learn", "promote", "replay", "rollback",
    "score", "scoreboard", "setup", "shadow", "simulate", "topics", "trace", "train", "trainer", "watch", "why",
)  # fmt: skip


GROUPED = [
    ("dlq", "list"), ("dlq", "show"),
    *(("models", name) for name in ("list", "show", "diff", "export", "import")),
]  # fmt: skip


def typed(*arguments: str, **env: str):
    return CliRunner().invoke(app, arguments, prog_name="freshet", env=env)


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *GROUPED])
def test_each_command_has_help_with_an_example(command):
    result = typed(*command, "--help", COLUMNS="200")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"freshet {' '.join(command)}" in result.stdout.split("Example", 1)[1]


def test_help_names_every_command():
    result = typed("--help")
    assert result.exit_code == 0
    for command in (*COMMANDS, "dlq", "models"):
        assert f" {command} " in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("demo", "--nonsense"),
        ("demo", "--events", "many"),
        ("demo", "--events", "0"),
        ("demo", "--partitions", "0"),
        ("demo", "--rate", "-1"),
        ("demo", "--drift", "sometimes"),
        ("demo", "--rate", "5", "--speed", "5"),
        ("demo", "--json"),
        ("simulate", "--traffic", "1.5"),
        ("learn", "--partition", "9", "--partitions", "2"),
        ("watch", "--task", "fortune"),
        ("dlq", "show", "first"),
        ("train", "fortune"),
        ("train", "conversion", "--budget", "soon"),
        ("train", "conversion", "--model", "oracle"),
        ("dlq", "list", "--reason", "mood"),
        ("replay",),
        ("replay", "no-such-file.csv"),
        ("replay", "x.csv", "--bootstrap", "127.0.0.1:1"),
        ("replay", "x.csv", "--http-port", "0"),
        ("learn", "--http-port", "65536"),
        ("etl", "--every", "often"),
        ("etl", "--every", "0s"),
        ("trainer", "fortune"),
        ("trainer", "--every", "often"),
        ("trainer", "--budget", "soon"),
        ("trainer", "--least-labels", "10"),
        ("backfill",),
        ("backfill", "fortune"),
    ],
)
def test_what_can_not_be_ends_with_2_and_says_so_on_stderr(arguments, tmp_path):
    result = typed(*arguments, FRESHET_DATA_DIR=str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_nothing_typed_shows_help():
    result = typed()
    assert result.exit_code == 2
    assert "Usage: freshet" in result.stdout


def test_an_unknown_setting_is_named_with_the_nearest_one():
    result = typed("config", FRESHET_BOOTSTRP="x:1")
    assert result.exit_code == 2
    assert "FRESHET_BOOTSTRAP" in result.stderr


def test_control_characters_in_what_was_typed_are_shown_as_escapes():
    result = typed("demo", "--\x1b[31mred\x07[bold]x[/]")
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "\\x1b[31mred\\x07[bold]x[/]" in result.stderr


@pytest.mark.parametrize("command", ["watch", "score", "audit", "topics", "learn", "simulate"])
def test_without_a_broker_it_is_said_that_no_demo_runs(command, tmp_path):
    result = typed(command, "--data-dir", str(tmp_path), FRESHET_BOOTSTRAP="")
    if "No demo runs" not in result.stderr:  # somebody has a broker on 9092
        pytest.skip("a broker listens on the default port")
    assert result.exit_code == 1
    assert "freshet demo" in result.stderr


def test_a_broker_named_by_flag_that_is_not_there_is_not_called_a_demo(tmp_path):
    result = typed("topics", "--data-dir", str(tmp_path), "--bootstrap", "127.0.0.1:1")
    assert result.exit_code == 1
    assert "No Kafka broker answers at 127.0.0.1:1" in result.stderr
    assert "flag" in result.stderr


def test_the_file_of_a_demo_that_was_killed_is_named_as_such(tmp_path):
    (tmp_path / "runtime.json").write_text('{"bootstrap": "127.0.0.1:1", "partitions": 3}')
    result = typed("watch", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "has ended without saying so" in result.stderr


def test_config_as_json_names_values_and_their_origins_but_no_password(tmp_path):
    url = "postgresql://ann:hunter2@127.0.0.1/shop"
    result = typed("config", "--json", "--data-dir", str(tmp_path), FRESHET_DATABASE_URL=url)
    said = json.loads(result.stdout)
    assert said["data_dir"] == str(tmp_path)
    assert said["sources"]["data_dir"] == "flag"
    assert said["sources"]["database_url"] == "environment"
    assert said["database_url"] == "postgresql://ann:***@127.0.0.1/shop"
    assert set(said["sources"]) == set(Settings.model_fields)


def test_config_for_people_lists_every_setting(tmp_path):
    result = typed(
        "config", "--data-dir", str(tmp_path), FRESHET_GROUP="learners-of-[bold]x".replace("[bold]", "")
    )
    for field in Settings.model_fields:
        assert f"FRESHET_{field.upper()}" in result.stdout


def test_down_with_nothing_running_says_so(tmp_path):
    result = typed("down", "--data-dir", str(tmp_path))
    assert result.exit_code == 0
    assert "Nothing runs" in result.stdout


def test_doctor_fails_where_something_is_missing(tmp_path):
    (tmp_path / "letter.txt").write_text("somebody's own")
    result = typed("doctor", "--json", "--data-dir", str(tmp_path))
    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert not said["ok"]
    assert [check["name"] for check in said["checks"] if not check["ok"] and check["name"] == "data folder"]


def test_fresh_leaves_a_folder_alone_that_is_not_freshets(tmp_path):
    (tmp_path / "letter.txt").write_text("somebody's own")
    result = typed("demo", "--fresh", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert (tmp_path / "letter.txt").exists()


def test_another_shop_than_the_one_that_is_there_is_refused(tmp_path):
    (tmp_path / "shop.json").write_text('{"partitions": 2, "seed": 7}')
    result = typed("demo", "--seed", "8", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "seed 7" in result.stderr
    assert "--fresh" in result.stderr


def test_help_imports_none_of_the_heavy_rooms():
    script = (
        "import sys; sys.argv = ['freshet', '--help']\n"
        "from freshet.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'kafka', 'river', 'sklearn', 'numpy', 'pandas', 'psycopg', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path):
    command = f"{sys.executable} -m freshet config --data-dir {tmp_path} | true"
    script = f"set -o pipefail; {command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_port_for_machines_that_is_taken_is_said_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = typed("scoreboard", "--http-port", port, "--bootstrap", "127.0.0.1:1")
    assert result.exit_code == 1
    assert port in result.stderr and "--http-port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("how", [("--send-only",), ("--fresh",)])
def test_a_recorded_shop_without_a_usable_row_is_refused_before_anything_is_wiped_or_asked(how, tmp_path):
    shop, memory = tmp_path / "shop.csv", tmp_path / "data" / "shop.json"
    memory.parent.mkdir()
    memory.write_text("{}")
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    shop.write_text(f"{header}\n1,P,MUG,1,13.1.2010 8:26,2.5,7,UK\n")
    result = typed("replay", str(shop), *how, FRESHET_DATA_DIR=str(memory.parent))
    assert result.exit_code == 2
    assert "1 bad-date" in result.stderr
    assert "Line 2: 1,P,MUG,1,13.1.2010 8:26" in result.stderr
    assert memory.exists()
