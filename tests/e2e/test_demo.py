"""A demo from an empty folder to its result, and what other commands find of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import argv, environment, freshet, nothing_is_left, run_of

RUN = ("demo", "--events", "3000", "--rate", "0", "--partitions", "2", "--json", "--keep")


@pytest.fixture(scope="module")
def result(shared_folder: Path) -> dict[str, Any]:
    """What the first run printed; broker and database stay up."""
    return run_of(*RUN, "--fresh", folder=shared_folder)


@pytest.fixture(scope="module")
def kept(shared_folder: Path, result: dict[str, Any]) -> Path:
    """The folder on which broker and database were left up."""
    return shared_folder


def test_the_result_has_the_shape_that_machines_read(result):
    assert list(result) == [
        "events", "partitions", "predictions", "outcomes", "dead_letters", "late", "seconds", "events_per_s", "chain",
        "tasks", "drift",
    ]  # fmt: skip
    assert (result["events"], result["partitions"], result["dead_letters"]) == (3000, 2, 0)
    assert result["drift"] is None
    assert list(result["chain"]) == ["0", "1"]
    assert all(len(bytes.fromhex(chain)) == 16 for chain in result["chain"].values())
    conversion, basket = result["tasks"]["conversion"], result["tasks"]["basket"]
    assert list(conversion["oracle"]) == ["clairvoyant", "bayes", "bayes_blind", "prior", "leaks"]
    assert conversion["oracle"]["leaks"] == []
    for model in conversion["models"].values():
        assert list(model) == [
            "labels",
            "log_loss",
            "se",
            "roc_auc",
            "average_precision",
            "share_of_learnable",
            "share_se",
            "share_realised",
            "ece",
            "ece_truth",
            "calibration",
            "window",
        ]
        assert list(model["window"]) == [
            "labels", "log_loss", "share_of_learnable", "share_se", "share_realised",
        ]  # fmt: skip
        assert model["share_of_learnable"] < 1.0
        assert sum(one["labels"] for one in model["calibration"]) == conversion["labels"]
    for model in [*basket["models"].values(), *basket["baselines"].values()]:
        assert list(model) == ["labels", "mae", "rmse", "r2"]


def test_every_prediction_has_its_outcome_when_all_is_settled(result):
    assert result["predictions"] == result["outcomes"]
    assert result["predictions"]["conversion"] == result["tasks"]["conversion"]["labels"] > 1000
    assert result["predictions"]["basket"] > result["tasks"]["basket"]["labels"] > 0


def test_the_audit_finds_the_run_whole_and_its_chain_the_same(kept, result):
    said = run_of("audit", "--json", folder=kept)
    assert said["ok"] is True
    assert {p: found["chain_recomputed"] for p, found in said["partitions"].items()} == result["chain"]
    assert sum(p["predictions"] for p in said["partitions"].values()) == sum(result["predictions"].values())
    assert list(said["partitions"]["0"]) == [
        "from", "to", "events", "predictions", "dead_letters", "not_signed", "missing", "duplicate",
        "label_mismatches", "aborted_records", "folded_from", "chain", "chain_recomputed",
    ]  # fmt: skip


def test_other_commands_find_it_without_flags_but_the_folder(kept, result):
    config = run_of("config", "--json", folder=kept)
    running = json.loads((kept / "runtime.json").read_text())
    assert config["bootstrap"] == running["bootstrap"]
    assert config["sources"]["bootstrap"] == "runtime file"
    assert ":***@127.0.0.1" in config["database_url"]
    password = Path(config["database_password_file"]).read_text().strip()
    assert password not in json.dumps(config)
    assert run_of("score", "--json", folder=kept)["tasks"] == result["tasks"]
    topics = {topic["name"]: topic for topic in run_of("topics", "--json", folder=kept)["topics"]}
    assert not any(topic["differing"] for topic in topics.values())
    assert topics["shop.user-events"]["partitions"] == 2
    assert "No dead letters" in freshet("dlq", "list", folder=kept).stdout


def test_watch_shows_predictions_and_leaves_quietly_with_its_reader(kept):
    watch = " ".join(f"'{part}'" for part in argv("watch", "--from-beginning", "--json", folder=kept))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{watch} | head -n 3"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 3
    assert all(
        line["type"] == "Prediction" and line["prediction"] == line["answers"][line["model"]]
        for line in lines
    )


def test_another_shop_is_refused_on_the_same_folder(kept):
    done = freshet("demo", "--seed", "8", "--events", "3000", "--json", folder=kept)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--fresh" in done.stderr


def test_a_second_start_finds_all_done_and_down_ends_what_was_kept(kept, result):
    again = run_of(*RUN, folder=kept)
    timed = {"seconds", "events_per_s"}
    assert {k: v for k, v in again.items() if k not in timed} == {
        k: v for k, v in result.items() if k not in timed
    }
    assert again["events_per_s"] == 0.0
    down = freshet("down", folder=kept)
    assert down.returncode == 0
    nothing_is_left(kept)
    assert "Nothing runs" in freshet("down", folder=kept).stdout
