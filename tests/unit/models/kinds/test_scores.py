"""Scores against hand-computed figures and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from models import evaluate
from models.kinds import Classification, Regression
from models.kinds.classification import blind_loss, leaks, reliability, standard_error
from tests.unit.models.kinds.rows_of import columns

classification, oracle = Classification().scores, Classification().oracle
regression = Regression().scores


def drawn(n: int, seed: int = 3):
    rng = np.random.default_rng(seed)
    bayes = rng.beta(0.6, 3.0, n).clip(1e-4, 1 - 1e-4)
    return (rng.random(n) < bayes).astype(float), bayes, rng


def test_scores_are_those_of_scikit_learn():
    labels, bayes, rng = drawn(2_000)
    answers = (bayes + rng.normal(0, 0.05, 2_000)).clip(0.001, 0.999).round(2).clip(0.01, 0.99)
    rows = columns(labels, {"m": answers}, bayes)
    found = classification(rows, "m")
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, answers))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(labels, answers))
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(labels, answers))
    prior = metrics.log_loss(labels, np.full(2_000, labels.mean()))
    best = metrics.log_loss(labels, bayes)
    assert oracle(rows)["prior"] == pytest.approx(prior)
    assert oracle(rows)["bayes"] == pytest.approx(best)
    assert found["share_realised"] == pytest.approx((prior - found["log_loss"]) / (prior - best))
    assert found["share_of_learnable"] == evaluate.expected_share(bayes, answers)
    assert found["share_se"] == evaluate.expected_share_se(bayes, answers, rows.sessions)


def test_the_share_does_not_move_with_the_labels_that_came_and_is_never_above_1():
    labels, bayes, _ = drawn(2_000)
    lucky = np.where(labels > 0.5, bayes * 1.2, bayes).clip(1e-4, 0.9)
    found = classification(columns(labels, {"m": lucky}, bayes), "m")
    realised, expected = found["share_realised"], found["share_of_learnable"]
    assert realised is not None and expected is not None
    assert realised > 1.0 > expected
    other = classification(columns(1.0 - labels, {"m": lucky}, bayes), "m")
    assert other["share_of_learnable"] == expected


def numbers(found: list[dict[str, float | None]]) -> list[dict[str, float]]:
    """All of them known."""
    return [{name: value for name, value in one.items() if value is not None} for one in found]


def test_answers_that_are_off_are_off_by_as_much_in_their_bins_and_the_truth_has_no_luck_in_it():
    labels, bayes, _ = drawn(4_000)
    rows = columns(labels, {"right": bayes, "high": bayes * 0.8 + 0.2}, bayes)
    right, high = numbers(reliability(rows, "right")), numbers(reliability(rows, "high"))
    assert [one["labels"] for one in right] == [400] * 10
    assert [one["truth"] for one in right] == pytest.approx([one["answered"] for one in right])
    assert [one["came"] for one in right] != pytest.approx([one["answered"] for one in right])
    assert all(one["answered"] - one["truth"] == pytest.approx(0.2 - 0.2 * one["truth"]) for one in high)
    right_scores, high_scores = numbers([classification(rows, model) for model in ("right", "high")])
    assert right_scores["ece_truth"] == pytest.approx(0.0)
    assert high_scores["ece_truth"] == pytest.approx(0.2 * (1.0 - bayes.mean()))
    assert high_scores["ece"] == pytest.approx(high_scores["ece_truth"], abs=0.03)
    # On the same labels, a model that was silent first has bins of what it answered.
    half = np.where(np.arange(4_000) < 2_000, np.nan, bayes)
    silent = columns(labels, {"late": half, "never": np.full(4_000, np.nan)})
    assert [(one["labels"], one["truth"]) for one in reliability(silent, "late")] == [(200, None)] * 10
    assert reliability(silent, "never") == []
    assert classification(silent, "late")["ece_truth"] is None


def test_a_regression_is_scored_as_scikit_learn_does():
    rng = np.random.default_rng(3)
    labels = rng.gamma(2.0, 30.0, 500)
    answers = labels + rng.normal(0, 10.0, 500)
    found = regression(columns(labels, {"m": answers}), "m")
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(labels, answers))
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(labels, answers))
    assert found["r2"] == pytest.approx(metrics.r2_score(labels, answers))


def test_the_error_is_clustered_by_session():
    # Two sessions of two equal losses each: deviations of -a and +a, twice; by hand 2a / 2 / 2 * sqrt(2 / 1) * sqrt(2).
    low, high = -math.log(0.9), -math.log(0.5)
    rows = columns([1, 1, 1, 1], {"m": [0.9, 0.9, 0.5, 0.5]}, sessions=[0, 0, 1, 1])
    assert standard_error(rows, "m") == pytest.approx((high - low) / 2)
    apart = columns([1, 1, 1, 1], {"m": [0.9, 0.9, 0.5, 0.5]})
    assert standard_error(apart, "m") == pytest.approx((high - low) / 2 / math.sqrt(3))


def test_the_error_of_a_single_session_is_none():
    assert standard_error(columns([1, 0], {"m": [0.5, 0.5]}, sessions=[4, 4]), "m") is None


def test_a_quarantined_model_is_scored_where_it_answered_with_prior_and_oracle_of_those_labels():
    labels, bayes, _ = drawn(1_000)
    answers = bayes.copy()
    answers[600:] = np.nan
    rows = columns(labels, {"m": answers, "silent": np.full(1_000, np.nan)}, bayes)
    assert classification(rows, "m")["share_of_learnable"] == pytest.approx(1.0)
    assert classification(rows, "m")["labels"] == 600
    assert set(classification(rows, "silent").values()) == {0, None}
    assert standard_error(rows, "silent") is None
    assert set(regression(rows, "silent").values()) == {0, None}


def test_without_truth_there_is_no_share_and_the_prior_is_still_there():
    rows = columns([0, 1, 1], {"m": [0.2, 0.5, 0.9]})
    found = classification(rows, "m")
    assert (found["share_of_learnable"], found["share_se"], found["share_realised"]) == (None, None, None)
    assert oracle(rows)["bayes"] is None
    assert oracle(rows)["prior"] == pytest.approx(-math.log(2 / 3) * 2 / 3 - math.log(1 / 3) / 3)


def test_the_blind_line_is_its_share_on_the_sample_put_on_the_scale_of_all():
    labels, bayes, rng = drawn(5_000)
    blind = (bayes + rng.normal(0, 0.03, 5_000)).clip(0.001, 0.999)
    sampled = np.arange(5_000) % 7 == 0
    rows = columns(labels, {}, bayes, blind=np.where(sampled, blind, np.nan))
    on_sample = columns(labels[sampled], {"blind": blind[sampled]}, bayes[sampled])
    share = classification(on_sample, "blind")["share_realised"]
    lines = {name: value for name, value in oracle(rows).items() if value is not None}
    assert (lines["prior"] - lines["bayes_blind"]) / (lines["prior"] - lines["bayes"]) == pytest.approx(share)
    assert blind_loss(columns(labels, {}, bayes)) is None
    whole = columns(labels, {}, bayes, blind=blind)
    assert blind_loss(whole) == pytest.approx(metrics.log_loss(labels, blind))


def test_a_model_that_knows_the_label_is_a_leak_and_an_honest_one_is_not():
    labels, bayes, rng = drawn(50_000)
    fed = np.where(rng.random(50_000) < 0.05, labels, bayes).clip(1e-4, 1 - 1e-4)
    honest = (bayes + rng.normal(0, 0.01, 50_000)).clip(1e-4, 1 - 1e-4)
    assert leaks(columns(labels, {"fed": fed, "honest": honest}, bayes)) == ["fed"]
    few = columns(labels[:-1], {"fed": fed[:-1]}, bayes[:-1])
    assert leaks(few) == []
    assert leaks(columns(labels, {"fed": fed})) == []
