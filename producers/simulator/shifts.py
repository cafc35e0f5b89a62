"""What acts on a session, quantised and frozen when it starts, and the tables that follow from it."""

from __future__ import annotations

from itertools import accumulate
from math import exp
from typing import NamedTuple

from producers.simulator.behaviour import Row
from producers.simulator.chain import Chain, dwell_classes, solve_chain
from producers.simulator.parameters import LEVEL, LEVELS, Parameters

__all__ = ["Shift", "Tables"]


class Shift(NamedTuple):
    """All that is frozen at SessionStarted but the intent and the persona, as numbers of their classes."""

    hour: int
    device: int
    returning: int
    offer: int
    price: int
    regime: int


class Tables:
    """What follows from parameters and shift, worked out once each.

    Parameters
    ----------
    parameters : Parameters
        The true ones for drawing; the oracle has tables of its own, so that a test can give it wrong ones.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.personas = tuple(persona.share for persona in parameters.personas)
        self.dwell = tuple(dwell_classes(behaviour) for behaviour in parameters.behaviours)
        self.dwell_cumulative = tuple(
            tuple(tuple(accumulate(row[z] for row in classes[:-1])) for z in range(3))
            for classes in self.dwell
        )
        self._solved: dict[tuple[int, int, int], Chain] = {}

    def prior(self, persona: int, shift: Shift) -> Row:
        """P(intent | persona, shift)."""
        p = self.parameters
        who = p.personas[persona]
        compare, buy = p.prior[1] + who.compare, p.prior[2] + who.buy
        for add_compare, add_buy in (
            p.prior_hours[shift.hour],
            p.prior_devices[shift.device],
            p.prior_offers[shift.offer],
            p.prior_prices[shift.price],
            p.prior_returning if shift.returning else (0.0, 0.0),
        ):
            compare += add_compare
            buy += add_buy
        weights = (exp(p.prior[0]), exp(compare), exp(buy))
        total = sum(weights)
        return (weights[0] / total, weights[1] / total, weights[2] / total)

    def level(self, persona: int, shift: Shift) -> int:
        """Eagerness in steps of `LEVEL`."""
        p = self.parameters
        who = p.personas[persona]
        eager = (
            who.eager + p.eager_devices[shift.device] + p.eager_prices[shift.price] + who.offers[shift.offer]
        )
        return min(max(round(eager / LEVEL), LEVELS[0]), LEVELS[-1])

    def chain(self, persona: int, shift: Shift) -> Chain:
        """The chain of such sessions, solved when it is asked for the first time."""
        p = self.parameters
        key = (shift.regime, persona, self.level(persona, shift))
        if key not in self._solved:
            self._solved[key] = solve_chain(p.behaviours[shift.regime], p.personas[persona], key[2])
        return self._solved[key]
