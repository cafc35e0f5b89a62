"""The gate of a promotion: is the candidate better than what is served, whenever somebody looks at it.

Both answered the same decision points. Differences of their losses are summed by session, for decision points of a
session share a label and are no independent evidence. A confidence sequence bounds the mean of these sums from below
at all times at once, so looking again after each label does not make a model of equal worth pass in the end.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import log, sqrt
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ALPHA", "LEAST_EFFECT", "LEAST_SESSIONS", "GateReport", "gate", "lower_bounds", "sums_by_session"]

ALPHA: Final = 0.05
"""Chance that a model of equal worth passes, ever."""

LEAST_EFFECT: Final = 0.005
"""The candidate must save at least this share of the loss of what is served: less is not worth a change."""

LEAST_SESSIONS: Final = 500
"""Fewer say nothing: the bound holds in the limit, and an order is rare."""

# In sessions: 50,000 labels at 3.5 a session. Another length is no less valid, only less tight.
_HORIZON: Final = 14_300
# Of `ALPHA` by then. Measured for a candidate that is better by 5 % of the learnable, with errors of its own: with all
# of it for ever 175 of 200 passed, with this share 198: see docs/life-of-a-model.md.
_BY_THEN: Final = 0.7
# Where the bound of the rest is tightest, in sessions. Half or double costs little.
_TIGHTEST_AT: Final = 3_000


def lower_bounds(sums: ArrayLike, *, alpha: float = ALPHA, horizon: int = _HORIZON) -> NDArray[np.float64]:
    """Lower bounds of the mean that hold at all times at once.

    Two of them, with the error shared out between. Up to the horizon a sum that is as high as it should not be even
    there counts, at whatever time (the reflection principle): near the horizon that asks for two standard errors, and
    no bound for ever can ask for less than two and a half. What it has said at the horizon stands from then on. The
    other holds for ever and closes in on the mean; it is the tighter one for large effects early.

    Parameters
    ----------
    sums : array-like of shape (..., n)
        One number a session, in the order in which they came.
    alpha : float
        Chance that any of the bounds is above the mean.
    horizon : int
        By how many most is to be said.

    Returns
    -------
    ndarray of shape (..., n)
        After each number; -inf after the first, whose variance is not known.

    References
    ----------
    P. C. O'Brien, T. R. Fleming, A multiple testing procedure for clinical trials, Biometrics 35, 1979: the first.
    I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, Time-uniform central limit theory and asymptotic
    confidence sequences, Annals of Statistics, 2024 (arXiv:2103.06476, 2021): the second, one-sided, and in which sense
    both hold with an estimated variance. It comes from Robbins's mixture of normal likelihood ratios over effects above
    zero, H. Robbins, Annals of Mathematical Statistics, 1970.

    Examples
    --------
    >>> steady = np.tile([0.0, 2.0], 500)
    >>> bool(0.5 < lower_bounds(steady)[-1] < 1.0)
    True
    """
    values = np.asarray(sums, dtype=np.float64)
    n = np.arange(1, values.shape[-1] + 1, dtype=np.float64)
    means = np.cumsum(values, axis=-1) / n
    deviations = np.sqrt(np.maximum(np.cumsum(np.square(values), axis=-1) / n - np.square(means), 0.0))
    by_then = alpha * _BY_THEN
    early = means - deviations * NormalDist().inv_cdf(1.0 - by_then / 2.0) * sqrt(horizon) / n
    early[..., horizon:] = early[..., horizon - 1 : horizon]
    bounds: NDArray[np.float64] = np.maximum(early, means - deviations * _widths_for_ever(n, alpha - by_then))
    bounds[..., :1] = -np.inf
    return bounds


def _widths_for_ever(n: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """In standard deviations."""
    spread = -2.0 * log(2.0 * alpha)
    rho2 = (spread + log(spread + 1.0)) / _TIGHTEST_AT
    scale = n * rho2 + 1.0
    widths: NDArray[np.float64] = np.sqrt(
        2.0 * scale / (np.square(n) * rho2) * np.log1p(np.sqrt(scale) / (2.0 * alpha))
    )
    return widths


@dataclass(frozen=True)
class GateReport:
    """What the gate saw, and what it says.

    Parameters
    ----------
    passed : bool
        Whether the candidate may be promoted.
    why : str
        In words.
    sessions, labels : int
        How many both have answered.
    loss, loss_served : float or None
        Mean loss a label of the candidate, and of what is served.
    effect, lower_bound : float or None
        How much less the candidate loses a label: the mean, and what it is at least with chance 1 - `alpha`, however
        often one looks.
    least_effect : float or None
        What the mean must reach.
    least_sessions, alpha
        As they were.
    """

    passed: bool
    why: str
    sessions: int
    labels: int
    loss: float | None
    loss_served: float | None
    effect: float | None
    lower_bound: float | None
    least_effect: float | None
    least_sessions: int = LEAST_SESSIONS
    alpha: float = ALPHA

    def as_json(self) -> dict[str, Any]:
        """As ``freshet promote --json`` prints it, and as it is stored."""
        return asdict(self)


def gate(
    candidate: ArrayLike,
    served: ArrayLike,
    sessions: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    alpha: float = ALPHA,
    least_effect: float = LEAST_EFFECT,
    least_sessions: int = LEAST_SESSIONS,
) -> GateReport:
    """Judge a candidate by all labels so far.

    Parameters
    ----------
    candidate, served : array-like of shape (n,)
        Losses on the same decision points, in the order in which their labels were settled.
    sessions : array-like of shape (n,)
        Session of each.
    labels : array-like of shape (n,), optional
        Of how many labels each loss is the sum; of one by default.
    alpha, least_effect, least_sessions
        See the constants of this module; `least_effect` is a share of the mean loss of what is served.

    Returns
    -------
    GateReport
        Passed where the bound is above zero and the mean effect above the least.
    """
    mine, theirs = np.asarray(candidate, dtype=np.float64), np.asarray(served, dtype=np.float64)
    count = len(mine) if labels is None else int(np.sum(labels))
    if not count:
        return GateReport(
            False,
            "Nothing was answered by both yet.",
            0,
            0,
            None,
            None,
            None,
            None,
            None,
            least_sessions,
            alpha,
        )
    sums = sums_by_session(theirs - mine, sessions)
    loss, loss_served, effect = (float(of.sum()) / count for of in (mine, theirs, theirs - mine))
    settled, least = len(sums), least_effect * loss_served
    bound = float(lower_bounds(sums, alpha=alpha)[-1]) / (count / settled) if settled > 1 else None
    if settled < least_sessions:
        why = f"At least {least_sessions:,} sessions must have been settled. Got {settled:,}."
    elif bound is None or bound <= 0.0:
        why = (
            f"It must lose less than what is served, beyond doubt. By {effect:.5f} a label it may be chance."
        )
    elif effect < least:
        why = f"It must lose at least {least:.5f} less a label. The effect is {effect:.5f}."
    else:
        why = (
            f"It loses {effect:.5f} less a label, and at least {bound:.5f} with a chance of {1 - alpha:.0%}."
        )
    passed = settled >= least_sessions and bound is not None and bound > 0.0 and effect >= least
    return GateReport(
        passed, why, settled, count, loss, loss_served, effect, bound, least, least_sessions, alpha
    )


def sums_by_session(values: ArrayLike, sessions: ArrayLike) -> NDArray[np.float64]:
    """Sum of `values` in each session, in the order in which sessions are first met.

    Examples
    --------
    >>> sums_by_session([1.0, 2.0, 4.0], ["b", "a", "b"]).tolist()
    [5.0, 2.0]
    """
    _, first, inverse = np.unique(np.asarray(sessions), return_index=True, return_inverse=True)
    sums = np.bincount(inverse, weights=np.asarray(values, dtype=np.float64))
    ordered: NDArray[np.float64] = sums[np.argsort(first)].astype(np.float64, copy=False)
    return ordered
