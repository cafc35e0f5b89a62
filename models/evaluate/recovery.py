"""How deep a drift goes and how soon a model is back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluate.metrics import log_losses

__all__ = ["Recovery", "recovery", "trailing_shares"]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a drift did to a model.

    Attributes
    ----------
    lowest_share : float or None
        Of the trailing windows that begin after the drift; None where there is none yet.
    back_after_decisions : int or None
        Decision points after the drift until such a window is at or above the level again, and after
        the lowest one; None: not yet.
    share_at_end : float or None
        Of the last window.
    """

    lowest_share: float | None
    back_after_decisions: int | None
    share_at_end: float | None


def trailing_shares(labels: ArrayLike, p: ArrayLike, p_bayes: ArrayLike, window: int) -> NDArray[np.float64]:
    """Share of the learnable over each trailing window of `window` decision points.

    Returns
    -------
    ndarray of shape (max(n - window + 1, 0),)
        NaN where there is nothing to learn in a window.
    """
    actual = np.asarray(labels, dtype=np.float64)
    if len(actual) < window:
        return np.empty(0)

    def means(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.concatenate(([0.0], np.cumsum(values)))
        result: NDArray[np.float64] = (sums[window:] - sums[:-window]) / window
        return result

    rate = means(actual)
    with np.errstate(divide="ignore", invalid="ignore"):
        prior = -np.where(rate > 0, rate * np.log(rate), 0.0)
        prior -= np.where(rate < 1, (1 - rate) * np.log(1 - rate), 0.0)
    learnable = prior - means(log_losses(labels, p_bayes))
    gained = prior - means(log_losses(labels, p))
    return np.where(learnable > 0, gained / np.where(learnable > 0, learnable, 1.0), np.nan)


def recovery(
    labels: ArrayLike, p: ArrayLike, p_bayes: ArrayLike, *, level: float = 0.80, window: int = 10_000
) -> Recovery:
    """Follow a model after a drift.

    Parameters
    ----------
    labels, p, p_bayes : array-like of shape (n,)
        Of the decision points from the drift on, in order: labels, the model's and the oracle's answers.
    level : float
        Share of the learnable from which on it is back.
    window : int
        Length of the trailing windows.
    """
    shares = trailing_shares(labels, p, p_bayes, window)
    if not np.isfinite(shares).any():
        return Recovery(None, None, None)
    lowest = int(np.nanargmin(shares))
    above = np.nonzero(shares[lowest:] >= level)[0]
    at_end = float(shares[-1])
    return Recovery(
        float(shares[lowest]),
        lowest + int(above[0]) + window if len(above) else None,
        at_end if np.isfinite(at_end) else None,
    )
