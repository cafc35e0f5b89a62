"""The table of young models: what each figure says, and that every task has its lines."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import young
from benchmarks.logged import examples_of
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator


def test_every_task_has_its_online_and_batch_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(young, "WINDOWS", ((0, 300),))
    monkeypatch.setattr("sys.argv", ["young", "--events", "1500"])
    young.main()
    said = capsys.readouterr().out
    for name in ("second-order", "logistic", "boosted-trees, batch", "recursive-median", "linear"):
        assert f"  {name} " in said
    assert "conversion: share of the learnable" in said
    assert "basket: skill against the best baseline" in said


def test_the_truth_of_an_event_is_found_by_its_place_in_the_log() -> None:
    shop = young.Oracle(Simulator(Scenario(1, 800, 2)))
    examples = examples_of(shop, TASKS["conversion"], 2)
    truth = [shop.chances[place] for place in zip(examples.partition, examples.offset, strict=True)]
    assert len(truth) == len(examples)
    assert np.corrcoef(truth, examples.label)[0, 1] > 0.3


def test_a_skill_is_how_much_less_is_lost_than_by_the_baseline() -> None:
    said = young.figure(TASKS["basket"], np.array([10.0, 20.0]), np.array([12.0, 19.0]), None, 3.0)
    assert float(said) == 0.5
