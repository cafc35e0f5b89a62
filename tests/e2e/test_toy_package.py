"""A package outside of Freshet adds tasks and a model by its entry points, and no room is changed for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import environment, freshet, run_of

TOY = environment(PYTHONPATH=str(Path(__file__).resolve().parents[1] / "toy"))


@pytest.fixture(scope="module")
def shown(shared_folder: Path) -> dict[str, Any]:
    """What a demo with the package prints; broker and database stay up."""
    arguments = (
        "demo",
        "--events",
        "8000",
        "--rate",
        "0",
        "--partitions",
        "2",
        "--json",
        "--keep",
        "--fresh",
    )
    return run_of(*arguments, folder=shared_folder, env=TOY)


def test_its_tasks_are_asked_settled_and_scored(shown: dict[str, Any]) -> None:
    tasks = shown["tasks"]
    # Ours, then the package's by the names of its entry points.
    assert list(tasks) == [
        "conversion",
        "basket",
        "sentiment",
        "dear-order",
        "price-groups",
        "next-product",
        "pieces",
        "shelf",
    ]
    assert "coin" in tasks["conversion"]["models"]
    dear, pieces = tasks["dear-order"], tasks["pieces"]
    assert (dear["kind"], pieces["kind"]) == ("classification", "regression")
    assert dear["labels"] > 1_000 and pieces["labels"] > 100
    # The simulator knows no truth of theirs.
    assert dear["models"]["mean"]["share_of_learnable"] is None
    assert dear["models"]["mean"]["log_loss"] < 0.6
    assert pieces["models"]["mean"]["mae"] < 1.0
    groups, ranked, shelf = tasks["price-groups"], tasks["next-product"], tasks["shelf"]
    assert (groups["kind"], ranked["kind"], shelf["kind"]) == ("clustering", "ranking", "bandit")
    # Without a label to wait for, all that was asked is scored; a visit's last view has no next one.
    assert groups["labels"] >= shelf["labels"] == dear["labels"] > ranked["labels"] > 500
    assert groups["models"]["two"]["clusters"] == 2.0 and groups["models"]["two"]["distance"] > 0.0
    assert 0.0 < ranked["models"]["popular"]["mrr"] < ranked["models"]["popular"]["recall_at_10"] < 1.0
    assert shelf["models"]["greedy"]["snips"] > 0.0


def test_the_audit_works_their_labels_out_a_second_time(shown: dict[str, Any], shared_folder: Path) -> None:
    assert run_of("audit", "--json", folder=shared_folder, env=TOY)["ok"] is True


def test_each_kind_is_told_to_people(shown: dict[str, Any], shared_folder: Path) -> None:
    said = freshet("score", folder=shared_folder, env=TOY)
    assert said.returncode == 0, said.stderr
    for title in ("log loss", "MAE", "MRR", "distance", "SNIPS"):
        assert title in said.stdout


@pytest.mark.long
def test_their_rows_reach_the_marts_and_a_batch_model_is_trained(
    shown: dict[str, Any], shared_folder: Path
) -> None:
    run_of("etl", "--json", folder=shared_folder, env=TOY)
    trained = run_of("train", "dear-order", "--budget", "1s", "--json", folder=shared_folder, env=TOY)
    assert (trained["task"], trained["name"]) == ("dear-order", "line")
    assert trained["metrics"]["models"]["line"]["log_loss"] < 0.6
    refused = freshet("train", "pieces", folder=shared_folder, env=TOY)
    assert refused.returncode == 2
    assert "The task must be one that has batch models. pieces has none." in refused.stderr


def test_without_the_package_its_records_are_passed_over(shown: dict[str, Any], shared_folder: Path) -> None:
    board = run_of("score", "--json", folder=shared_folder)
    assert list(board["tasks"]) == ["conversion", "basket", "sentiment"]
    refused = freshet("train", "dear-order", folder=shared_folder)
    assert (
        refused.returncode == 2
        and "must be one of conversion, basket, sentiment. Got 'dear-order'." in refused.stderr
    )
