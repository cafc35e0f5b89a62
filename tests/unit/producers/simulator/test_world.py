"""The shop is worth learning, and its oracle is right: by 200,000 decision points, and by what a wrong one shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.world import LINES, Decisions, Figures, decisions_of, figures_of
from contracts.drift_words import DRIFTS
from models.evaluate import calibration, clustered_se, log_losses
from producers.simulator import PARAMETERS, Parameters, Scenario, Simulator, parse_drift

WITHIN_ERRORS = 3.5


@pytest.fixture(scope="module", params=[pytest.param(350_000, marks=pytest.mark.long), 80_000])
def decisions(request: pytest.FixtureRequest) -> Decisions:
    found = decisions_of(Simulator(Scenario(seed=3, events=request.param)))
    assert len(found.labels) > 0.55 * request.param
    return found


@pytest.fixture(scope="module")
def figures(decisions: Decisions) -> Figures:
    return figures_of(decisions)


def worst_bin(decisions: Decisions, line: str) -> float:
    bins = calibration(decisions.labels, decisions.lines[line], decisions.sessions)
    assert len(bins) == 10
    return max(found.errors_off for found in bins)


@pytest.mark.parametrize("line", LINES)
def test_each_line_of_the_oracle_is_calibrated_in_ten_bins(decisions: Decisions, line: str):
    assert worst_bin(decisions, line) < WITHIN_ERRORS


def test_clairvoyant_beats_bayes_and_bayes_beats_the_prior_beyond_doubt(decisions: Decisions):
    labels = decisions.labels
    clairvoyant = log_losses(labels, decisions.lines["clairvoyant"])
    bayes = log_losses(labels, decisions.lines["bayes"])
    prior = log_losses(labels, np.full(len(labels), labels.mean()))
    for better, worse in ((clairvoyant, bayes), (bayes, prior)):
        gain = np.asarray(worse) - np.asarray(better)
        assert gain.mean() > 3 * clustered_se(gain, decisions.sessions)


def test_the_world_is_neither_trivial_nor_noise(figures: Figures):
    assert 0.84 <= figures.aucs["bayes"] <= 0.88
    assert figures.aucs["clairvoyant"] >= figures.aucs["bayes"] + 0.02
    assert 0.05 <= figures.ordering_sessions <= 0.15
    assert 1.65 <= figures.events_per_decision <= 1.85


def test_what_only_the_oracle_sees_hardly_matters(figures: Figures):
    least = 0.97 if figures.decisions > 195_000 else 0.96  # a smaller shop has its own luck
    assert least <= figures.blind_share < 1.0


def test_the_events_own_fields_are_not_enough(figures: Figures):
    assert 0.0 < figures.own_fields_share < 0.6


def _with(**changes: Any) -> Parameters:
    first, *rest = PARAMETERS.behaviours
    return replace(PARAMETERS, behaviours=(replace(first, **changes), *rest))


WRONG = {
    "buyers dwell less than they do": _with(dwell_s=(9.0, 20.0, 25.0)),
    "those who compare order more than they do": _with(order=(-3.0, -0.6, 0.8)),
    "more users come to buy than do": replace(PARAMETERS, prior=(0.0, -1.0, -1.6)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_oracle_with_a_wrong_parameter_is_found_out(wrong: Parameters):
    shop = Simulator(Scenario(seed=3, events=45_000), believed=wrong)
    assert worst_bin(decisions_of(shop), "bayes") > WITHIN_ERRORS


# The two that change most: how people behave, and what there is to buy.
SHORT = ("abrupt", "new-products")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in DRIFTS]
)
def test_the_oracle_stays_calibrated_through_a_drift(name: str):
    # So few sessions an hour that a recurring drift comes and goes, and a gradual one that comes to its end.
    word = f"{name}@8000" + (":8000" if name == "gradual" else "")
    shop = Simulator(Scenario(seed=4, events=30_000, traffic=100, drift=parse_drift(word)))
    decisions = decisions_of(shop)
    assert all(worst_bin(decisions, line) < WITHIN_ERRORS for line in LINES)
