"""Losses of single answers, as outcomes carry them."""

from __future__ import annotations

from math import log
from typing import Final

__all__ = ["CLIP", "absolute_error", "amount", "log_loss_of", "probability"]

# The oracle's lines are clipped alike: a surer answer could win little and lose without bound.
CLIP: Final = 1e-4


def probability(answer: float) -> float:
    """`answer` within [CLIP, 1 - CLIP].

    Examples
    --------
    >>> probability(1.2)
    0.9999
    """
    return min(max(answer, CLIP), 1.0 - CLIP)


def amount(answer: float) -> float:
    """`answer` as a value in currency: no order is worth less than nothing or more than the wire carries.

    Examples
    --------
    >>> amount(-3.0)
    0.0
    """
    return min(max(answer, 0.0), 1e9)


def log_loss_of(label: float, answer: float) -> float:
    """Negative log likelihood of a label of 0 or 1, in nats.

    Examples
    --------
    >>> round(log_loss_of(1.0, 0.5), 4)
    0.6931
    """
    return -log(answer) if label else -log(1.0 - answer)


def absolute_error(label: float, answer: float) -> float:
    """Distance between label and answer.

    Examples
    --------
    >>> absolute_error(10.0, 7.5)
    2.5
    """
    return abs(label - answer)
