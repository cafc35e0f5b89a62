"""Our metrics agree with scikit-learn's, ties and all."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from models import evaluate
from models.kinds import Classification
from models.losses import CLIP, log_loss_of


@pytest.fixture(params=range(4))
def answers(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities; the rounder ones have many ties."""
    rng = np.random.default_rng(request.param)
    p = np.round(rng.beta(0.6, 3.0, 3_000), request.param + 1).clip(0.001, 0.999)
    return (rng.random(len(p)) < p).astype(float), p


def test_roc_auc_is_that_of_scikit_learn(answers: tuple[np.ndarray, np.ndarray]) -> None:
    assert evaluate.roc_auc(*answers) == pytest.approx(sk.roc_auc_score(*answers), abs=1e-12)


def test_average_precision_is_that_of_scikit_learn(answers: tuple[np.ndarray, np.ndarray]) -> None:
    assert evaluate.average_precision(*answers) == pytest.approx(
        sk.average_precision_score(*answers), abs=1e-12
    )


def test_log_loss_is_that_of_scikit_learn(answers: tuple[np.ndarray, np.ndarray]) -> None:
    assert evaluate.log_loss(*answers) == pytest.approx(sk.log_loss(*answers), abs=1e-12)


def test_errors_of_regression_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    label, answer = rng.lognormal(3, 1, 500), rng.lognormal(3, 1, 500)
    assert evaluate.mean_absolute_error(label, answer) == pytest.approx(sk.mean_absolute_error(label, answer))
    assert evaluate.root_mean_squared_error(label, answer) == pytest.approx(
        sk.root_mean_squared_error(label, answer)
    )
    assert evaluate.r2(label, answer) == pytest.approx(sk.r2_score(label, answer))


def test_single_losses_add_up_to_the_metrics(answers: tuple[np.ndarray, np.ndarray]) -> None:
    losses = [log_loss_of(y, Classification().checked(p)) for y, p in zip(*answers, strict=True)]
    assert np.mean(losses) == pytest.approx(evaluate.log_loss(*answers))


def test_the_prior_has_no_share_and_the_oracle_all_of_it(answers: tuple[np.ndarray, np.ndarray]) -> None:
    labels, p = answers
    prior = np.full(len(labels), labels.mean())
    assert evaluate.entropy(labels) == pytest.approx(evaluate.log_loss(labels, prior))
    assert evaluate.realised_share(labels, prior, p) == pytest.approx(0.0, abs=1e-9)
    assert evaluate.realised_share(labels, p, p) == 1.0


def test_what_can_not_be_told_is_none_and_no_number() -> None:
    assert evaluate.roc_auc([0, 0], [0.1, 0.2]) is None
    assert evaluate.roc_auc([1, 1], [0.1, 0.2]) is None
    assert evaluate.average_precision([0, 0], [0.1, 0.2]) is None
    assert evaluate.r2([2.0, 2.0], [1.0, 3.0]) is None
    assert evaluate.realised_share([0, 0], [0.1, 0.2], [0.1, 0.2]) is None
    assert evaluate.realised_share([], [], []) is None


def test_answers_of_zero_and_one_cost_no_more_than_the_clip() -> None:
    assert evaluate.log_loss([1, 0], [0.0, 1.0]) == pytest.approx(-np.log(CLIP))
