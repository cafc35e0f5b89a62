"""Metrics over arrays of labels and answers, and the share of what can be learnt at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.losses import CLIP

__all__ = [
    "average_precision",
    "entropy",
    "log_loss",
    "log_losses",
    "mean_absolute_error",
    "r2",
    "realised_share",
    "roc_auc",
    "root_mean_squared_error",
]

Floats = NDArray[np.float64]


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def log_losses(labels: ArrayLike, p: ArrayLike) -> Floats:
    """Log loss of each answer in nats, answers clipped to [CLIP, 1 - CLIP].

    Parameters
    ----------
    labels : array-like of shape (n,)
        0 or 1.
    p : array-like of shape (n,)
        Probabilities of 1.
    """
    inside = np.clip(_floats(p), CLIP, 1.0 - CLIP)
    return -np.log(np.where(_floats(labels) > 0.5, inside, 1.0 - inside))


def log_loss(labels: ArrayLike, p: ArrayLike) -> float:
    """Mean of `log_losses`.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    return float(log_losses(labels, p).mean())


def entropy(labels: ArrayLike) -> float:
    """Log loss of the best constant answer: the entropy of the labels' own mean.

    Examples
    --------
    >>> entropy([0.0, 0.0])
    0.0
    """
    mean = float(_floats(labels).mean())
    if mean in (0.0, 1.0):
        return 0.0
    return float(-mean * np.log(mean) - (1.0 - mean) * np.log(1.0 - mean))


def realised_share(labels: ArrayLike, p: ArrayLike, p_bayes: ArrayLike) -> float | None:
    """How much of the way from the prior to the oracle a model went on the labels that came: (L0 - L) / (L0 - L_bayes).

    It has the luck of the draw in it, and can be above 1; `models.evaluate.expected_share` has none.

    Parameters
    ----------
    labels, p, p_bayes : array-like of shape (n,)
        Labels, a model's answers and the oracle's, on the same decision points.

    Returns
    -------
    float or None
        1 for a model as good as the oracle, 0 for one as good as the labels' own mean, below 0 for worse.
        None where the oracle itself is no better than that mean.

    Examples
    --------
    >>> realised_share([0, 1], [0.25, 0.75], [0.25, 0.75])
    1.0
    """
    if not len(_floats(labels)):
        return None
    prior = entropy(labels)
    learnable = prior - log_loss(labels, p_bayes)
    return (prior - log_loss(labels, p)) / learnable if learnable > 0.0 else None


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve: P(a positive scores higher than a negative), ties counted half.

    Returns
    -------
    float or None
        None where only one class is there.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    positive = _floats(labels) > 0.5
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(_floats(scores), return_inverse=True, return_counts=True)
    # The mean rank of each group of ties, ranks from 1.
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under precision and recall as a step function: sum of (R_n - R_(n-1)) P_n, as scikit-learn defines it.

    Returns
    -------
    float or None
        None where nothing is positive.

    Examples
    --------
    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    positive = _floats(labels) > 0.5
    total = int(positive.sum())
    if not total:
        return None
    values = _floats(scores)
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    last_of_ties = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    hits = np.cumsum(positive[order])[last_of_ties]
    precision = hits / (last_of_ties + 1.0)
    return float(np.sum(np.diff(hits, prepend=0) / total * precision))


def mean_absolute_error(labels: ArrayLike, answers: ArrayLike) -> float:
    """Mean distance between label and answer.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return float(np.abs(_floats(labels) - _floats(answers)).mean())


def root_mean_squared_error(labels: ArrayLike, answers: ArrayLike) -> float:
    """Root of the mean squared distance between label and answer.

    Examples
    --------
    >>> root_mean_squared_error([1.0, 2.0], [1.0, 4.0]) ** 2
    2.0000000000000004
    """
    return float(np.sqrt(np.square(_floats(labels) - _floats(answers)).mean()))


def r2(labels: ArrayLike, answers: ArrayLike) -> float | None:
    """Share of the labels' variance that the answers explain; None where the labels don't vary.

    Examples
    --------
    >>> r2([1.0, 3.0], [1.0, 3.0])
    1.0
    """
    actual = _floats(labels)
    variance = float(np.square(actual - actual.mean()).sum())
    residual = float(np.square(actual - _floats(answers)).sum())
    return 1.0 - residual / variance if variance > 0.0 else None
