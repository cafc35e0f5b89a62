"""What is usual, and what is so far from it that it says nothing about the rest."""

from __future__ import annotations

from math import expm1, log1p

__all__ = ["RobustMean"]

# Of which an amount moves the mean at most, on the log scale: a factor of 7.
_PULL = 2.0
# The largest real order of a year of wholesale was 560 times the geometric mean, the second 260, the third 130.
_ABSURD = 200.0
_NEEDED = 20


class RobustMean:
    """Robust geometric mean of about the last `memory` amounts: one of a billion among them moves it by 0.2 %.

    Parameters
    ----------
    memory : int
        Beyond so many amounts old ones fade exponentially.

    Examples
    --------
    >>> usual = RobustMean(memory=1000)
    >>> for amount in [8.0] * 999 + [1e9]:
    ...     usual.add(amount)
    >>> round(usual.amount, 2), usual.is_outlier(1e6), usual.is_outlier(1e3)
    (8.02, True, False)
    """

    def __init__(self, memory: int = 1_000) -> None:
        self.memory = memory
        self.seen = 0
        self._log = 0.0

    @property
    def amount(self) -> float:
        """The usual amount, 0 before the first."""
        return expm1(self._log)

    def add(self, amount: float) -> None:
        """Count an amount in, also an absurd one: what is usual may change."""
        self.seen = min(self.seen + 1, self.memory)
        pull = log1p(amount) - self._log
        # The first amount is taken as it is; a billion there is forgotten after some thousand others.
        self._log += pull if self.seen == 1 else min(max(pull, -_PULL), _PULL) / self.seen

    def is_outlier(self, amount: float) -> bool:
        """Whether `amount` is 200 times what is usual or more; never before there is a usual."""
        return self.seen >= _NEEDED and amount > _ABSURD * self.amount
