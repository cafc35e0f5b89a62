"""How ``freshet backfill`` ends where it can't begin, and what it tells."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from freshet.cli.app import app
from freshet.commands.backfill import _show
from spark_jobs.backfill import BackfillReport
from spark_jobs.parity import KINDS, Difference

COUNTS = dict(zip(KINDS, (900, 0, 0, 0, 30, 0), strict=True))
REPORT = BackfillReport("conversion", 7, 64, 1.25, 2_000, {"not-json": 2}, COUNTS, 1, (), 930, 930)


def test_an_unknown_set_is_told_with_those_that_there_are_before_anything_is_asked() -> None:
    result = CliRunner().invoke(app, ["backfill", "fortune"], prog_name="freshet")
    assert result.exit_code == 2
    assert "must be conversion (64 features) or basket (53 features)" in result.stderr
    assert "'fortune'" in result.stderr


def test_without_a_broker_it_says_so_before_spark_is_started(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ["backfill", "conversion", "--data-dir", str(tmp_path), "--bootstrap", address]
    result = CliRunner().invoke(app, arguments, prog_name="freshet")
    assert result.exit_code == 1
    assert f"No Kafka broker answers at {address}" in result.stderr
    assert "Spark" not in result.stderr


def test_the_summary_says_what_was_compared_and_what_is_not_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _show(REPORT)
    said = capsys.readouterr().out
    assert "conversion, 64 features, set 7: 2,000 records in, 1.2 s" in said
    assert "the same: 900 rows of 64 features, bit for bit" in said
    assert "not-json" in said and "no features, on ml.features" in said
    wrong = replace(
        REPORT,
        counts=COUNTS | {"different": 1},
        differences=(Difference("different", 0, 3, "e-1", "views", 0.1, 0.2),),
    )
    _show(wrong)
    said = capsys.readouterr().out
    assert "views must be 0.1. Logged was 0.2." in said and "NOT the same" in said
    assert wrong.as_json()["compared"] == 901 and not wrong.as_json()["is_same"]
    assert json.loads(json.dumps(wrong.as_json()))["differences"][0]["feature"] == "views"
    _show(replace(REPORT, counts=dict.fromkeys(COUNTS, 0)))
    assert "there is nothing to compare with" in capsys.readouterr().out
