"""P(order) for one who knows everything but the coming draws and why the user came."""

from __future__ import annotations

from typing import Final

from producers.simulator.behaviour import Row
from producers.simulator.chain import Chain

__all__ = ["FAINT", "BayesFilter"]

FAINT: Final = 1e-200


class BayesFilter:
    """The exact forward filter over the intent of one session.

    Parameters
    ----------
    prior : Row
        P(intent) at the start.
    chain : Chain
        Of this kind of session.
    """

    __slots__ = ("_browse", "_buy", "_compare", "_likelihoods", "_order")

    def __init__(self, prior: Row, chain: Chain) -> None:
        self._browse, self._compare, self._buy = prior
        self._likelihoods = chain.likelihoods
        self._order = chain.order

    def see(self, state: int, outcome: int, dwell: int) -> None:
        """Take in that `outcome` followed on `state` after a dwell of class `dwell`."""
        a, b, c = self._likelihoods[state][outcome][dwell]
        self._browse *= a
        self._compare *= b
        self._buy *= c

    def order(self, state: int) -> float:
        """P(order), the session being in `state` now."""
        browse, compare, buy = self._browse, self._compare, self._buy
        total = browse + compare + buy
        # Normalised only before it gets too small for a float: a session of a hundred events is rare.
        if total < FAINT:
            self._browse, self._compare, self._buy = browse / total, compare / total, buy / total
            return self.order(state)
        a, b, c = self._order[state]
        return (browse * a + compare * b + buy * c) / total
