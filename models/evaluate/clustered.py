"""Standard errors where labels repeat: decision points of one session share one label.

If they were taken as independent, results would look twice as certain as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "LEAK_DECISIONS",
    "LEAK_ERRORS",
    "CalibrationBin",
    "calibration",
    "clustered_se",
    "expected_calibration_error",
    "is_leak",
]

LEAK_DECISIONS = 50_000
LEAK_ERRORS = 3.0


def clustered_se(values: ArrayLike, clusters: ArrayLike) -> float:
    """Standard error of the mean of `values`, clustered.

    Parameters
    ----------
    values : array-like of shape (n,)
        Such as losses, or differences of losses.
    clusters : array-like of shape (n,)
        The session of each value.

    Returns
    -------
    float
        NaN for fewer than two clusters.

    References
    ----------
    K.-Y. Liang, S. Zeger, Longitudinal data analysis using generalized linear models, Biometrika, 1986.

    Examples
    --------
    >>> clustered_se([1.0, 1.0, 3.0, 3.0], ["a", "a", "b", "b"])
    1.0
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers):
        return float("nan")
    sums = _sums(numbers - numbers.mean(), clusters)
    count = len(sums)
    return (
        float(np.sqrt(np.square(sums).sum() * count / (count - 1)) / len(numbers))
        if count > 1
        else float("nan")
    )


def _sums(values: NDArray[np.float64], clusters: ArrayLike) -> NDArray[np.float64]:
    _, inverse = np.unique(np.asarray(clusters), return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(inverse, weights=values).astype(np.float64, copy=False)
    return sums


def is_leak(loss_model: ArrayLike, loss_bayes: ArrayLike, sessions: ArrayLike) -> bool:
    """Whether a model is better than is possible without knowing the label.

    The oracle ``bayes`` bounds every model in expectation. One that is below it by more than `LEAK_ERRORS`
    clustered standard errors over at least `LEAK_DECISIONS` decision points has seen what it must predict.

    Parameters
    ----------
    loss_model, loss_bayes : array-like of shape (n,)
        Log losses on the same decision points.
    sessions : array-like of shape (n,)
        Session of each decision point.
    """
    better = np.asarray(loss_bayes, dtype=np.float64) - np.asarray(loss_model, dtype=np.float64)
    if len(better) < LEAK_DECISIONS:
        return False
    return bool(better.mean() > LEAK_ERRORS * clustered_se(better, sessions))


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Answers of about the same height, and what came of them.

    Attributes
    ----------
    count : int
        How many.
    answered, happened : float
        Mean answer and mean label.
    se : float
        Clustered standard error of their difference, as observed or as these answers imply it, whichever
        is larger: where nothing happened, what was observed looks as if it were certain.
    """

    count: int
    answered: float
    happened: float
    se: float

    @property
    def errors_off(self) -> float:
        """Distance of the two means in standard errors."""
        return abs(self.answered - self.happened) / self.se if self.se else 0.0


def calibration(labels: ArrayLike, p: ArrayLike, sessions: ArrayLike, bins: int = 10) -> list[CalibrationBin]:
    """Compare answers with what happened, in bins of equal count from the lowest answers to the highest.

    Parameters
    ----------
    labels, p : array-like of shape (n,)
        Labels of 0 or 1 (or the true chances, where they are known), and probabilities of 1.
    sessions : array-like of shape (n,)
        Session of each decision point.
    bins : int
        How many bins; those that would be empty are left out.
    """
    actual = np.asarray(labels, dtype=np.float64)
    answers = np.asarray(p, dtype=np.float64)
    names = np.asarray(sessions)
    found = []
    for part in np.array_split(np.argsort(answers, kind="stable"), bins):
        if len(part):
            spread = np.sqrt(answers[part] * (1.0 - answers[part]))
            implied = float(np.sqrt(np.square(_sums(spread, names[part])).sum()) / len(part))
            se = float(np.fmax(clustered_se(actual[part] - answers[part], names[part]), implied))
            found.append(
                CalibrationBin(len(part), float(answers[part].mean()), float(actual[part].mean()), se)
            )
    return found


def expected_calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Mean distance between what was answered and what happened, over bins weighed by their counts.

    Parameters
    ----------
    bins : sequence of CalibrationBin
        As `calibration` gives them.

    Returns
    -------
    float
        0 for answers that come true as often as they say, at most 1; NaN without any.

    References
    ----------
    M. P. Naeini, G. F. Cooper, M. Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI,
    2015; bins of equal count as in K. Nguyen, B. O'Connor, Posterior calibration and exploratory analysis for natural
    language processing models, EMNLP, 2015.

    Examples
    --------
    >>> expected_calibration_error(calibration([0, 0, 1, 1], [0.0, 0.0, 0.5, 0.5], ["a", "b", "c", "d"], bins=2))
    0.25
    """
    count = sum(one.count for one in bins)
    off = sum(one.count * abs(one.answered - one.happened) for one in bins)
    return off / count if count else float("nan")
