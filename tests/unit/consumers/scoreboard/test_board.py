"""The board: which labels it is over, what stands where, and how a drift is told."""

from __future__ import annotations

import numpy as np
import pytest

from consumers.scoreboard import AfterDrift, board, role_of
from consumers.scoreboard.board import best_online
from models.evaluate import trailing_shares
from models.tasks import TASKS
from tests.unit.models.kinds.rows_of import columns

ONLINE = [m.name for m in TASKS["conversion"].models if m.kind == "online"]
FROZEN = next(m.name for m in TASKS["conversion"].models if m.kind == "frozen")
BASELINE = next(m.name for m in TASKS["conversion"].models if m.kind == "baseline")


def shop(n: int, noise: dict[str, float], *, seed: int = 5, decided_ms=None, **other):
    rng = np.random.default_rng(seed)
    bayes = rng.beta(0.6, 3.0, n).clip(1e-4, 1 - 1e-4)
    labels = (rng.random(n) < bayes).astype(float)
    answers = {model: (bayes + rng.normal(0, sd, n)).clip(1e-4, 1 - 1e-4) for model, sd in noise.items()}
    return columns(labels, answers, bayes, sessions=np.arange(n) // 3, decided_ms=decided_ms, **other)


def test_the_keys_are_those_that_machines_read():
    rows = shop(6_000, {ONLINE[0]: 0.02, FROZEN: 0.1, BASELINE: 0.3})
    basket = columns([10.0, 20.0], {"linear": [11.0, 19.0], "mean": [15.0, 15.0]})
    found = board({"conversion": rows, "basket": basket})
    assert list(found) == ["tasks", "drift"]
    assert found["drift"] is None
    conversion = found["tasks"]["conversion"]
    assert list(conversion) == ["kind", "labels", "oracle", "models"]
    assert list(conversion["oracle"]) == ["clairvoyant", "bayes", "bayes_blind", "prior", "leaks"]
    assert list(conversion["models"][ONLINE[0]]) == [
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
    assert list(conversion["models"][ONLINE[0]]["window"]) == [
        "labels", "log_loss", "share_of_learnable", "share_se", "share_realised",
    ]  # fmt: skip
    assert conversion["labels"] == 6_000
    assert conversion["models"][ONLINE[0]]["window"]["labels"] == 5_000
    assert list(found["tasks"]["basket"]) == ["kind", "labels", "models", "baselines"]


def test_basket_models_and_baselines_stand_apart():
    names = {m.name: m.kind for m in TASKS["basket"].models}
    rows = columns([10.0, 20.0], {name: [11.0, 19.0] for name in names})
    found = board({"basket": rows})["tasks"]["basket"]
    assert set(found["baselines"]) == {name for name, kind in names.items() if kind == "baseline"}
    assert set(found["models"]) | set(found["baselines"]) == set(names)
    assert found["baselines"]["mean"] == {"labels": 2, "mae": 1.0, "rmse": 1.0, "r2": pytest.approx(0.96)}


def test_only_the_newest_labels_count_and_of_them_the_newest_for_the_window():
    n = 60_000
    rows = shop(n, {ONLINE[0]: 0.02})
    old = np.arange(n) < 10_000
    before = np.arange(n) < 55_000
    rows.answers[ONLINE[0]][old] = 0.9999
    rows.answers[ONLINE[0]][~before] = rows.bayes[~before]
    found = board({"conversion": rows})["tasks"]["conversion"]
    assert found["labels"] == 50_000
    assert found["models"][ONLINE[0]]["share_of_learnable"] > 0.9
    assert found["models"][ONLINE[0]]["window"]["share_of_learnable"] == pytest.approx(1.0)


def test_labels_whose_truth_has_not_come_are_left_out_of_every_figure():
    rows = shop(3_000, {ONLINE[0]: 0.0})
    rows.bayes[2_900:] = np.nan
    rows.clairvoyant[2_900:] = np.nan
    rows.answers[ONLINE[0]][2_900:] = 0.5
    found = board({"conversion": rows})["tasks"]["conversion"]
    assert found["labels"] == 2_900
    assert found["models"][ONLINE[0]]["log_loss"] == pytest.approx(found["oracle"]["bayes"])


def test_a_task_without_labels_yet_has_a_board_of_nothing():
    empty = columns([], {})
    found = board({"conversion": empty, "basket": empty})["tasks"]
    assert found["conversion"]["labels"] == 0
    assert found["conversion"]["oracle"]["prior"] is None
    assert found["basket"] == {"kind": "regression", "labels": 0, "models": {}, "baselines": {}}


def test_models_stand_in_the_order_of_serving_and_unknown_ones_last():
    declared = [m.name for m in TASKS["conversion"].models]
    rows = shop(50, {name: 0.1 for name in ["someone", *reversed(declared)]})
    assert list(board({"conversion": rows})["tasks"]["conversion"]["models"]) == [*declared, "someone"]
    assert role_of("conversion", "someone") == "online"
    assert role_of("no such task", "someone") == "online"


def test_the_best_is_the_online_model_with_the_lowest_loss():
    rows = shop(5_000, {ONLINE[0]: 0.2, ONLINE[1]: 0.1, FROZEN: 0.0, BASELINE: 0.0})
    assert best_online("conversion", rows) == ONLINE[1]
    assert best_online("conversion", columns([], {})) is None


def drifted(n: int, *, bad_until: int, noise: float = 0.3):
    """A shop that drifts at label 20,000; the best model is bad until `bad_until` labels later, the frozen for good."""
    rows = shop(20_000 + n, {ONLINE[0]: 0.005, FROZEN: 0.005})
    rng = np.random.default_rng(6)
    after = np.arange(20_000 + n) - 20_000
    for model, until in ((ONLINE[0], bad_until), (FROZEN, n)):
        bad = (after >= 0) & (after < until)
        rows.answers[model][bad] = (rows.bayes + rng.normal(0, noise, len(rows)))[bad].clip(1e-4, 1 - 1e-4)
    return rows, AfterDrift(175_000, 20_000, rows.where(after >= 0))


def test_a_recovery_is_counted_from_the_drift_on_in_windows_that_begin_after_it():
    rows, after = drifted(40_000, bad_until=6_000)
    found = board({"conversion": rows}, after)["drift"]
    shares = trailing_shares(after.columns.bayes, after.columns.answers[ONLINE[0]], 10_000)
    back = found["back_above_0.80_after_decisions"]
    assert found["at_events"] == 175_000
    assert found["lowest_share"] == pytest.approx(shares.min())
    assert found["lowest_share"] < 0.8
    assert 10_000 < back <= 16_000
    assert shares[back - 10_000] >= 0.8 > shares[back - 10_001]
    assert found["frozen_share_at_end"] < 0.8


def test_a_model_that_never_fell_is_back_with_the_first_window():
    rows, after = drifted(40_000, bad_until=0)
    found = board({"conversion": rows}, after)["drift"]
    assert found["lowest_share"] > 0.8
    assert found["back_above_0.80_after_decisions"] == 10_000


def test_one_that_is_not_back_yet_says_so():
    rows, after = drifted(15_000, bad_until=15_000)
    found = board({"conversion": rows}, after)["drift"]
    assert found["lowest_share"] < 0.8
    assert found["back_above_0.80_after_decisions"] is None


def test_too_few_labels_after_the_drift_leave_all_open():
    rows, after = drifted(9_999, bad_until=0)
    assert board({"conversion": rows}, after)["drift"] == {
        "at_events": 175_000,
        "lowest_share": None,
        "back_above_0.80_after_decisions": None,
        "frozen_share_at_end": None,
    }
    assert board({}, after)["drift"]["lowest_share"] is None
