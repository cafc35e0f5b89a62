"""Rates from few observations, as log odds: what a linear model on the logit scale can add up."""

from __future__ import annotations

from math import log

__all__ = ["log_odds"]


def log_odds(hits: float, tries: float, base: float, weight: float) -> float:
    """Log odds of `hits` in `tries`, drawn to `base` as if by `weight` tries, and 0 there.

    Parameters
    ----------
    hits, tries : float
        What was counted; more hits than tries are taken for as many.
    base : float
        The rate to expect before anything was counted, within (0, 1).
    weight : float
        How many tries that expectation counts for.

    Examples
    --------
    >>> log_odds(0.0, 0.0, 0.25, 4.0)
    0.0
    """
    tries = max(tries, hits)
    expected = base * weight
    return log((hits + expected) / (tries - hits + weight - expected) * (1.0 - base) / base)
