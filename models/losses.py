"""The losses that kinds of tasks choose from, of a single answer, as outcomes carry it."""

from __future__ import annotations

from math import log
from typing import Final

__all__ = ["CLIP", "absolute_error", "log_loss_of"]

# The oracle's lines are clipped alike: a surer answer could win little and lose without bound.
CLIP: Final = 1e-4


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
