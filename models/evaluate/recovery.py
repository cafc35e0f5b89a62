"""How much a drift costs a model, and how soon the model recovers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluate.expected import expected_log_losses
from models.losses import CLIP

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


def trailing_shares(p_true: ArrayLike, p: ArrayLike, window: int) -> NDArray[np.float64]:
    """Share of the learnable, as `expected_share` says it, over each trailing window of `window` decision points.

    Returns
    -------
    ndarray of shape (max(n - window + 1, 0),)
        NaN where there is nothing to learn in a window.
    """
    truth = np.clip(np.asarray(p_true, dtype=np.float64), CLIP, 1.0 - CLIP)
    if len(truth) < window:
        return np.empty(0)

    def means(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.concatenate(([0.0], np.cumsum(values)))
        result: NDArray[np.float64] = (sums[window:] - sums[:-window]) / window
        return result

    mean = means(truth)
    prior = expected_log_losses(mean, mean)
    learnable = prior - means(expected_log_losses(truth, truth))
    gained = prior - means(expected_log_losses(truth, p))
    return np.where(learnable > 0, gained / np.where(learnable > 0, learnable, 1.0), np.nan)


def recovery(p_true: ArrayLike, p: ArrayLike, *, level: float = 0.80, window: int = 10_000) -> Recovery:
    """Follow a model after a drift.

    Parameters
    ----------
    p_true, p : array-like of shape (n,)
        Of the decision points from the drift on, in order: true chances, and the model's answers.
    level : float
        Share of the learnable from which on it is back.
    window : int
        Length of the trailing windows.
    """
    shares = trailing_shares(p_true, p, window)
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
