"""Metrics of every model over the same labels, beside the lines of the oracle; formulas are `models.evaluate`'s."""

from __future__ import annotations

import math

import numpy as np

from consumers.scoreboard.rows import Columns, Floats
from models.evaluate import (
    average_precision,
    calibration,
    clustered_se,
    entropy,
    expected_calibration_error,
    expected_share,
    expected_share_se,
    is_leak,
    log_loss,
    log_losses,
    mean_absolute_error,
    r2,
    realised_share,
    roc_auc,
    root_mean_squared_error,
)

__all__ = [
    "blind_loss",
    "classification",
    "finite",
    "leaks",
    "oracle",
    "regression",
    "reliability",
    "standard_error",
]

_SHARES = ("share_of_learnable", "share_se", "share_realised")
_ERRORS = ("ece", "ece_truth")


def finite(value: float | None) -> float | None:
    """`value`, or None where it is no number: JSON has no NaN."""
    return value if value is not None and math.isfinite(value) else None


def _answered(columns: Columns, model: str) -> tuple[Columns, Floats]:
    """The rows that `model` answered: one that was quarantined is silent in the others."""
    answers = columns.answers[model]
    known = np.isfinite(answers)
    return (columns, answers) if known.all() else (columns.where(known), answers[known])


def classification(columns: Columns, model: str) -> dict[str, float | None]:
    """How many labels one model answered, and its log loss, ROC AUC, average precision and share of the learnable.

    The share is that of losses averaged over what the oracle says of the label, with its standard error by session;
    "share_realised" is that of the losses that came. Prior and oracle are taken on the labels that the model answered;
    None where there are none, or no truth. "ece" is the expected calibration error, against the labels that came;
    "ece_truth" against what the oracle says.
    """
    rows, answers = _answered(columns, model)
    if not len(rows):
        return {
            "labels": 0,
            **dict.fromkeys(("log_loss", "roc_auc", "average_precision", *_SHARES, *_ERRORS)),
        }
    return {
        "labels": len(rows),
        "log_loss": log_loss(rows.labels, answers),
        "roc_auc": roc_auc(rows.labels, answers),
        "average_precision": average_precision(rows.labels, answers),
        **_shares(rows, answers),
        "ece": expected_calibration_error(calibration(rows.labels, answers, rows.sessions)),
        "ece_truth": finite(expected_calibration_error(calibration(rows.bayes, answers, rows.sessions))),
    }


def reliability(columns: Columns, model: str) -> list[dict[str, float | None]]:
    """What came, and what the oracle says, of ten groups of answers, from the lowest to the highest.

    Returns
    -------
    list of dict
        "labels", mean "answered", "came" with its standard error "se", and "truth", None where it is not known.
    """
    rows, answers = _answered(columns, model)
    if not len(rows):
        return []
    came = calibration(rows.labels, answers, rows.sessions)
    true = calibration(rows.bayes, answers, rows.sessions)  # of the same answers, so the same bins
    return [
        {
            "labels": one.count,
            "answered": one.answered,
            "came": one.happened,
            "se": finite(one.se),
            "truth": finite(known.happened),
        }
        for one, known in zip(came, true, strict=True)
    ]


def _shares(rows: Columns, answers: Floats) -> dict[str, float | None]:
    if not np.isfinite(rows.bayes).all():
        return dict.fromkeys(_SHARES)
    found = (
        expected_share(rows.bayes, answers),
        finite(expected_share_se(rows.bayes, answers, rows.sessions)),
        realised_share(rows.labels, answers, rows.bayes),
    )
    return dict(zip(_SHARES, found, strict=True))


def standard_error(columns: Columns, model: str) -> float | None:
    """Standard error of a model's log loss, clustered by session; None for fewer than two sessions."""
    rows, answers = _answered(columns, model)
    return finite(clustered_se(log_losses(rows.labels, answers), rows.sessions)) if len(rows) else None


def regression(columns: Columns, model: str) -> dict[str, float | None]:
    """How many labels one model answered, and its MAE, RMSE and R2 on them."""
    rows, answers = _answered(columns, model)
    if not len(rows):
        return {"labels": 0, **dict.fromkeys(("mae", "rmse", "r2"))}
    return {
        "labels": len(rows),
        "mae": mean_absolute_error(rows.labels, answers),
        "rmse": root_mean_squared_error(rows.labels, answers),
        "r2": r2(rows.labels, answers),
    }


def oracle(columns: Columns) -> dict[str, float | None]:
    """Log losses of clairvoyant, bayes, bayes_blind and prior on these labels; prior is the entropy of their mean."""
    if not len(columns):
        return dict.fromkeys(("clairvoyant", "bayes", "bayes_blind", "prior"))
    labels = columns.labels
    known = bool(np.isfinite(columns.bayes).all())
    return {
        "clairvoyant": log_loss(labels, columns.clairvoyant) if known else None,
        "bayes": log_loss(labels, columns.bayes) if known else None,
        "bayes_blind": blind_loss(columns) if known else None,
        "prior": entropy(labels),
    }


def blind_loss(columns: Columns) -> float | None:
    """Log loss of bayes_blind, as it would be on all of these labels.

    It costs more than the other lines and is there for a sample of the decision points only, whose labels have a mean
    of their own. Its share of the learnable is taken on that sample, with prior and bayes on the same sample, and put
    between prior and bayes of all labels: so it can be compared with the losses beside it.
    """
    sample = columns.where(np.isfinite(columns.bayes_blind))
    if not len(sample):
        return None
    share = realised_share(sample.labels, sample.bayes_blind, sample.bayes)
    if share is None:
        return None
    prior = entropy(columns.labels)
    return prior - share * (prior - log_loss(columns.labels, columns.bayes))


def leaks(columns: Columns) -> list[str]:
    """The models that are better than any can be that knows no label; none where there is no oracle."""
    found = []
    for model in columns.answers:
        rows, answers = _answered(columns, model)
        if len(rows) and np.isfinite(rows.bayes).all():
            bayes = log_losses(rows.labels, rows.bayes)
            if is_leak(log_losses(rows.labels, answers), bayes, rows.sessions):
                found.append(model)
    return found
