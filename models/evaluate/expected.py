"""Losses averaged over the law of the label, where the oracle gives it: a score without the luck of what came.

A session either orders or not, and all its labels repeat that. Over blocks of 5,000 labels of one run the share of the
learnable on losses that came has a standard deviation of .031, on expected ones of .009, of which .004 is chance and
the rest what was learned in between: ``python -m benchmarks.share``.

Only scores may ask for these: what knows the truth must not reach a learner, the gate or a batch model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluate.clustered import clustered_se
from models.losses import CLIP

__all__ = ["expected_log_losses", "expected_share", "expected_share_se"]

Floats = NDArray[np.float64]


def expected_log_losses(p_true: ArrayLike, p: ArrayLike) -> Floats:
    """Log loss to expect of each answer in nats: -(t log p + (1 - t) log(1 - p)) for a true chance t.

    Parameters
    ----------
    p_true, p : array-like of shape (n,)
        True chances and answers, both clipped to [CLIP, 1 - CLIP]: no answer can then lose less than the truth.

    Examples
    --------
    >>> expected_log_losses([0.5, 0.5], [0.5, 0.9]).round(4).tolist()
    [0.6931, 1.204]
    """
    truth = np.clip(np.asarray(p_true, dtype=np.float64), CLIP, 1.0 - CLIP)
    answer = np.clip(np.asarray(p, dtype=np.float64), CLIP, 1.0 - CLIP)
    losses: Floats = -(truth * np.log(answer) + (1.0 - truth) * np.log(1.0 - answer))
    return losses


def expected_share(p_true: ArrayLike, p: ArrayLike) -> float | None:
    """Share of the learnable on expected losses: (L0 - L) / (L0 - L_true).

    Parameters
    ----------
    p_true, p : array-like of shape (n,)
        True chances and a model's answers, on the same decision points.

    Returns
    -------
    float or None
        1 for the truth itself and never more, 0 for the best constant answer, which is the mean of the true chances.
        None where they are all the same, so that there is nothing to learn.

    Examples
    --------
    >>> expected_share([0.1, 0.9], [0.1, 0.9]), expected_share([0.1, 0.9], [0.5, 0.5])
    (1.0, 0.0)
    """
    parts = _gained_and_learnable(p_true, p)
    return None if parts is None else float(parts[0].mean()) / float(parts[1].mean())


def expected_share_se(p_true: ArrayLike, p: ArrayLike, sessions: ArrayLike) -> float | None:
    """Standard error of `expected_share`, clustered by session.

    The share is a ratio of two means, so that its error is that of the mean of (gained - share * learnable), over
    the mean of what is learnable. That the mean chance is an estimate too is in there: to first order the loss of that
    constant answer does not change with it.

    Parameters
    ----------
    p_true, p : array-like of shape (n,)
        As for `expected_share`.
    sessions : array-like of shape (n,)
        Session of each decision point.

    Returns
    -------
    float or None
        None where there is no share, NaN for fewer than two sessions.

    References
    ----------
    W. G. Cochran, Sampling techniques, 3rd edition, 1977, chapter 6: ratios, and units of unequal size.

    Examples
    --------
    >>> expected_share_se([0.1, 0.9, 0.1, 0.9], [0.1, 0.9, 0.5, 0.5], ["a", "a", "b", "b"])
    0.5
    """
    parts = _gained_and_learnable(p_true, p)
    if parts is None:
        return None
    gained, learnable = parts
    share = gained.mean() / learnable.mean()
    return clustered_se((gained - share * learnable) / learnable.mean(), sessions)


def _gained_and_learnable(p_true: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats] | None:
    """By decision point, how much less than the best constant answer the model loses, and the truth itself."""
    truth = np.clip(np.asarray(p_true, dtype=np.float64), CLIP, 1.0 - CLIP)
    if not len(truth) or truth.min() == truth.max():
        return None
    prior = expected_log_losses(truth, np.full(len(truth), truth.mean()))
    learnable: Floats = prior - expected_log_losses(truth, truth)
    return (prior - expected_log_losses(truth, p), learnable) if learnable.mean() > 0.0 else None
