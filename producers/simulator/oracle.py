"""P(order) for one who knows everything but the coming draws and why the user came."""

from __future__ import annotations

from producers.simulator.chain import Chain
from producers.simulator.parameters import Row

__all__ = ["BayesFilter"]


class BayesFilter:
    """The exact forward filter over the intent of one session.

    Parameters
    ----------
    prior : Row
        P(intent) at the start.
    chain : Chain
        Of this kind of session.
    dwell : tuple of Row
        P(class of dwell | intent).
    """

    __slots__ = ("_browse", "_buy", "_chances", "_compare", "_dwell", "_order")

    def __init__(self, prior: Row, chain: Chain, dwell: tuple[Row, ...]) -> None:
        self._browse, self._compare, self._buy = prior
        self._chances = chain.chances
        self._order = chain.order
        self._dwell = dwell

    def see(self, state: int, outcome: int, dwell: int) -> None:
        """Take in that `outcome` followed on `state` after a dwell of class `dwell`."""
        a, b, c = self._chances[state][outcome]
        d, e, f = self._dwell[dwell]
        browse = self._browse * a * d
        compare = self._compare * b * e
        buy = self._buy * c * f
        total = browse + compare + buy
        self._browse = browse / total
        self._compare = compare / total
        self._buy = buy / total

    def order(self, state: int) -> float:
        """P(order), the session being in `state` now."""
        a, b, c = self._order[state]
        return self._browse * a + self._compare * b + self._buy * c
