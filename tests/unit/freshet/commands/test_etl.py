"""How ``freshet etl`` ends where it can't begin."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.errors import EnvironmentProblem
from freshet.cli.app import app
from freshet.commands.etl import _show
from spark_jobs import RunReport, SparkMissing
from spark_jobs.attempt import spark_errors
from spark_jobs.errors import EtlFailed
from spark_jobs.session import last_words, master_of


def test_without_a_broker_it_says_so_before_spark_is_started(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ["etl", "--data-dir", str(tmp_path), "--bootstrap", address]
    result = CliRunner().invoke(app, arguments, prog_name="freshet")
    assert result.exit_code == 1
    assert f"No Kafka broker answers at {address}" in result.stderr
    assert "Spark" not in result.stderr


def test_without_the_extra_it_names_the_extra(tmp_path: Path) -> None:
    # A meta path finder that hides one package, in a process of its own.
    script = (
        "import sys, importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'pyspark' else find(name, package)\n"
        "from freshet.cli.app import main; sys.argv = ['freshet', 'etl']; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[4],
    )
    assert done.returncode == 1, done.stderr
    assert "pyspark is not installed" in done.stderr and "freshet[spark]" in done.stderr
    assert issubclass(SparkMissing, EnvironmentProblem)


def test_the_master_is_what_was_typed_else_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_MASTER", raising=False)
    assert master_of(None) == "local[*]"
    monkeypatch.setenv("SPARK_MASTER", "spark://there:7077")
    assert (master_of(None), master_of("local[1]")) == ("spark://there:7077", "local[1]")


def test_the_last_words_of_a_stack_are_its_cause() -> None:
    java = (
        "An error occurred.\n: java.lang.A: wrapped\n\tat x.y(Z)\nCaused by: java.net.B: refused\n\tat x.y(Z)"
    )
    python = 'Traceback (most recent call last):\n  File "x", line 1\ncontracts.errors.Unreachable: gone\nValueError: 7'
    assert last_words(RuntimeError(java)) == "java.net.B: refused"
    assert last_words(RuntimeError(python)) == "ValueError: 7"


def test_too_little_memory_is_said_with_the_way_out() -> None:
    class Py4JJavaError(Exception):
        __module__ = "py4j.protocol"

    stack = (
        "An error occurred while calling o1.collect.\n: org.apache.spark.SparkException: aborted\n\tat x.y(Z)"
    )
    with (
        pytest.raises(EtlFailed, match=r"as before: java\.lang\.OutOfMemoryError: Java heap space") as caught,
        spark_errors(),
    ):
        raise Py4JJavaError(f"{stack}\nCaused by: java.lang.OutOfMemoryError: Java heap space\n\tat x.y(Z)")
    assert "--driver-memory" in str(caught.value.hint)
    with pytest.raises(EtlFailed) as caught, spark_errors():
        raise Py4JJavaError(stack)
    assert caught.value.hint is None


def test_the_summary_has_rows_out_and_bad_ones_by_reason(capsys: pytest.CaptureFixture[str]) -> None:
    report = RunReport(7, 1.25, {"t": {"A": 1_500}}, {"t": {"not-json": 2}}, {"fact_event": 1_400})
    _show(report, json=False)
    said = capsys.readouterr().out
    assert "run 7: 1,502 records in, 1.2 s" in said
    assert "fact_event" in said and "1,400" in said and "t: not-json" in said
    _show(report, json=True)
    assert '"records_in":1502' in capsys.readouterr().out
    _show(RunReport(None, 0.5), json=False)
    assert "nothing new" in capsys.readouterr().out
