"""P(order) for one who knows the shop's parameters, but neither persona nor bins: what can be reached.

It filters the persona over the user's past sessions and ignores which product was looked at. The bin of the
product in view never matters once the next event has come (see `chain`), so it is summed out in advance and what
is left to carry is a belief over (persona, intent): twelve numbers.
"""

from __future__ import annotations

from operator import mul
from typing import NamedTuple, TypeAlias

from producers.simulator.behaviour import Row
from producers.simulator.chain import LEAVE, OUTCOMES, STATES, VIEW_HIGH
from producers.simulator.oracle import FAINT
from producers.simulator.parameters import BINS, CART_MAX, INTENTS
from producers.simulator.shifts import Shift, Tables

__all__ = ["BlindFilter", "BlindTables", "Blurred"]

Belief: TypeAlias = list[float]
_WIDTH = len(BINS) + 1
_INTENTS = len(INTENTS)


class Blurred(NamedTuple):
    """A chain for all personas with the bins summed out, by state; bins of one cart have the same rows."""

    priors: tuple[Row, ...]
    likelihoods: list[list[list[Belief]]]
    leaving: list[Belief]
    order: list[Belief]


class BlindTables:
    """The tables of all blind filters.

    Parameters
    ----------
    tables : Tables
        The shop's.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._many = len(tables.personas)
        self._dwell = tuple(
            [[row[z] for _ in range(self._many) for z in range(_INTENTS)] for row in classes]
            for classes in tables.dwell
        )
        self._known: dict[tuple[int, tuple[int, ...]], Blurred] = {}

    def blurred(self, shift: Shift) -> Blurred:
        """What a filter needs of sessions with this shift."""
        many = range(self._many)
        # Most shifts differ in what acts on the prior alone: they share one table.
        key = (shift.regime, tuple(self._tables.level(persona, shift) for persona in many))
        if key not in self._known:
            self._known[key] = self._blur(shift)
        return self._known[key]._replace(priors=tuple(self._tables.prior(who, shift) for who in many))

    def _blur(self, shift: Shift) -> Blurred:
        chains = [self._tables.chain(persona, shift) for persona in range(self._many)]
        shares = self._tables.parameters.behaviours[shift.regime].bins
        dwell = self._dwell[shift.regime]
        likelihoods: list[list[list[Belief]]] = []
        leaving: list[Belief] = []
        order: list[Belief] = []
        for flat in range(2 * (CART_MAX + 1)):
            cart, is_seen = divmod(flat, 2)
            first = cart * _WIDTH
            rows: list[Belief] = [[] for _ in range(OUTCOMES)]
            ends: Belief = []
            for chain in chains:
                for z in range(_INTENTS):
                    mix = list(zip(range(first + 1, first + _WIDTH), shares[z], strict=True))
                    mix = mix if is_seen else [(first, 1.0)]
                    ends.append(sum(share * chain.order[state][z] for state, share in mix))
                    for outcome in range(OUTCOMES):
                        rows[outcome].append(
                            sum(share * chain.chances[state][outcome][z] for state, share in mix)
                        )
            # Which bin came into view is not seen: a view is a view.
            views = [sum(parts) for parts in zip(*rows[: VIEW_HIGH + 1], strict=True)]
            leaving.append(rows[LEAVE])
            by_dwell = [[list(map(mul, row, c)) for c in dwell] for row in [views, *rows[VIEW_HIGH + 1 :]]]
            likelihoods.append(by_dwell[:1] * VIEW_HIGH + by_dwell)
            order.append(ends)
        # Spread to full states, so that a filter looks up once.
        flats = [2 * (state // _WIDTH) + (state % _WIDTH > 0) for state in range(STATES)]
        return Blurred(
            (),
            [likelihoods[flat] for flat in flats],
            [leaving[flat] for flat in flats],
            [order[flat] for flat in flats],
        )


class BlindFilter:
    """The forward filter over (persona, intent) of one session.

    Parameters
    ----------
    blurred : Blurred
        For the shift of this session.
    personas : tuple of float
        P(persona) after the user's past sessions.
    """

    __slots__ = ("_belief", "_leaving", "_likelihoods", "_order")

    def __init__(self, blurred: Blurred, personas: tuple[float, ...]) -> None:
        priors, self._likelihoods, self._leaving, self._order = blurred
        self._belief = [share * chance for share, row in zip(personas, priors, strict=True) for chance in row]

    def see(self, state: int, outcome: int, dwell: int) -> None:
        """Take in that `outcome` followed on `state` after a dwell of class `dwell`."""
        self._belief = list(map(mul, self._belief, self._likelihoods[state][outcome][dwell]))

    def order(self, state: int) -> float:
        """P(order), the session being in `state` now."""
        belief = self._belief
        total = sum(belief)
        if total < FAINT:
            self._belief = belief = [share / total for share in belief]
            total = 1.0
        chance: float = sum(map(mul, belief, self._order[state])) / total
        return chance

    def leave(self, state: int) -> None:
        """Take in that the session ended without an order; when exactly is not known of those who go silently."""
        self._belief = list(map(mul, self._belief, self._leaving[state]))

    def personas(self) -> tuple[float, ...]:
        """P(persona) by all that was seen."""
        belief = self._belief
        total = sum(belief)
        return tuple(
            [sum(belief[first : first + _INTENTS]) / total for first in range(0, len(belief), _INTENTS)]
        )
