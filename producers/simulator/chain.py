"""A session as a finite absorbing Markov chain, and the chance that it is absorbed by an order.

The state is (lines in the cart, what is in view), where nothing in view is bin 0. From each state an **outcome**
follows: a view of a product in one of the three bins, a search, something added, removed, the order, leaving.
The last two absorb. Adding, removing and searching take the product out of view, so what comes next never depends
on a bin that was in view before: that is what makes the blind oracle exact with twelve numbers (see `blind`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import erf, exp, log, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from producers.simulator.behaviour import Behaviour, Row
from producers.simulator.parameters import BINS, CART_MAX, INTENTS, LEVEL, Persona

__all__ = [
    "ADD",
    "CLIP",
    "DWELL_EDGES_MS",
    "LEAVE",
    "NEXT_STATE",
    "ORDER",
    "OUTCOMES",
    "REMOVE",
    "SEARCH",
    "STATES",
    "VIEW_HIGH",
    "Chain",
    "clip",
    "dwell_classes",
    "solve_chain",
]

VIEW_LOW, VIEW_MID, VIEW_HIGH, SEARCH, ADD, REMOVE, ORDER, LEAVE = range(8)
OUTCOMES: Final = 8
CLIP: Final = 1e-4
_WIDTH: Final = len(BINS) + 1
STATES: Final = (CART_MAX + 1) * _WIDTH

# Classes of dwell: within one, every millisecond is as likely, whatever the intent. All of them end far below the
# silence that settles a label, so that no session is settled while it goes on.
DWELL_EDGES_MS: Final = (1_000, 5_000, 9_000, 14_000, 20_000, 28_000, 40_000, 60_000, 100_000, 300_000)


def _next_state(state: int, outcome: int) -> int:
    cart, _ = divmod(state, _WIDTH)
    if outcome <= VIEW_HIGH:
        return cart * _WIDTH + 1 + outcome
    if outcome == ADD:
        return min(cart + 1, CART_MAX) * _WIDTH
    if outcome == REMOVE:
        return max(cart - 1, 0) * _WIDTH
    return cart * _WIDTH


NEXT_STATE: Final = tuple(tuple(_next_state(state, o) for o in range(OUTCOMES)) for state in range(STATES))


def clip(probability: float) -> float:
    """Held within [1e-4, 1 - 1e-4] and to 6 digits, as all lines of the oracle are told.

    Examples
    --------
    >>> clip(0.0), clip(1.0)
    (0.0001, 0.9999)
    """
    if probability < CLIP:
        return CLIP
    if probability > 1.0 - CLIP:
        return 1.0 - CLIP
    # Half the time of `round`, which works on decimal digits.
    return int(probability * 1e6 + 0.5) / 1e6


@dataclass(frozen=True)
class Chain:
    """The chain of one kind of session (behaviour, persona, level of eagerness), for all intents.

    Parameters
    ----------
    chances : tuple
        ``chances[state][outcome]`` is a `Row`: P(outcome | state, intent).
    likelihoods : tuple
        ``likelihoods[state][outcome][dwell]`` is a `Row`: P(outcome and class of the dwell before | state, intent).
    cumulative : tuple
        ``cumulative[intent][state]`` are the cumulated chances of the outcomes but the last.
    order : tuple
        ``order[state]`` is a `Row`: P(an order in the end | state, intent).
    clairvoyant : tuple
        ``clairvoyant[intent][state]`` is the same as it is told: clipped and rounded.
    """

    chances: tuple[tuple[Row, ...], ...]
    likelihoods: tuple[tuple[tuple[Row, ...], ...], ...]
    cumulative: tuple[tuple[tuple[float, ...], ...], ...]
    order: tuple[Row, ...]
    clairvoyant: tuple[tuple[float, ...], ...]


def _chances(behaviour: Behaviour, persona: Persona, eager: float, z: int) -> list[list[float]]:
    table = []
    for state in range(STATES):
        cart, seen = divmod(state, _WIDTH)
        leave = (behaviour.leave_cart if cart else behaviour.leave)[z] - eager / 2
        weights = [0.0] * 5
        weights[0] = 1.0  # a view: the logit that the others are measured against
        weights[1] = exp(behaviour.search[z] + persona.search)
        weights[2] = exp(behaviour.add[seen - 1][z]) if seen and cart < CART_MAX else 0.0
        weights[3] = exp(behaviour.remove[z]) if cart else 0.0
        weights[4] = exp(behaviour.order[z] + eager) if cart else 0.0
        last = exp(leave + (behaviour.leave_unseen if not cart and not seen else 0.0))
        total = sum(weights) + last
        views = [weights[0] * share / total for share in behaviour.bins[z]]
        table.append([*views, *(weight / total for weight in weights[1:]), last / total])
    return table


def _absorbed_by_order(chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Solve (I - Q) x = r for many chains at once: `chances` is (chains, states, outcomes), x (chains, states).

    By elimination, element by element: a BLAS may round differently on another machine. The matrix is
    diagonally dominant, so no pivots are looked for.
    """
    many = chances.shape[0]
    matrix = np.zeros((many, STATES, STATES + 1))
    for state in range(STATES):
        matrix[:, state, state] += 1.0
        for outcome in range(ORDER):
            matrix[:, state, NEXT_STATE[state][outcome]] -= chances[:, state, outcome]
        matrix[:, state, STATES] = chances[:, state, ORDER]
    for pivot in range(STATES):
        factor = matrix[:, :, pivot] / matrix[:, pivot, pivot, None]
        factor[:, pivot] = 0.0
        matrix -= factor[:, :, None] * matrix[:, pivot, None, :]
    diagonal = matrix[:, range(STATES), range(STATES)]
    solved: npt.NDArray[np.float64] = matrix[:, :, STATES] / diagonal
    return solved


def solve_chain(behaviour: Behaviour, persona: Persona, level: int) -> Chain:
    """Tabulate one chain.

    Parameters
    ----------
    behaviour : Behaviour
        Before or after the drift.
    persona : Persona
        Of the user.
    level : int
        One of `LEVELS`: eagerness in steps of `LEVEL`.

    Examples
    --------
    >>> from producers.simulator.parameters import PARAMETERS
    >>> chain = solve_chain(PARAMETERS.behaviours[0], PARAMETERS.personas[0], 0)
    >>> round(sum(row[0] for row in chain.chances[0]), 12)
    1.0
    """
    by_intent = [_chances(behaviour, persona, level * LEVEL, z) for z in range(len(INTENTS))]
    order = [(float(a), float(b), float(c)) for a, b, c in _absorbed_by_order(np.array(by_intent)).T]
    chances = tuple(
        tuple((one[o], two[o], three[o]) for o in range(OUTCOMES))
        for one, two, three in zip(*by_intent, strict=True)
    )
    dwell = dwell_classes(behaviour)
    return Chain(
        chances=chances,
        likelihoods=tuple(
            tuple(tuple((a * d, b * e, c * f) for d, e, f in dwell) for a, b, c in row) for row in chances
        ),
        cumulative=tuple(tuple(tuple(accumulate(row[:-1])) for row in rows) for rows in by_intent),
        order=tuple(order),
        clairvoyant=tuple(tuple(map(clip, column)) for column in zip(*order, strict=True)),
    )


def dwell_classes(behaviour: Behaviour) -> tuple[Row, ...]:
    """P(class of dwell | intent) as one `Row` a class: a log-normal cut at `DWELL_EDGES_MS`."""
    columns = []
    for median_s in behaviour.dwell_s:
        below = [
            0.5 + 0.5 * erf(log(edge / (1000.0 * median_s)) / (behaviour.dwell_spread * sqrt(2.0)))
            for edge in DWELL_EDGES_MS
        ]
        total = below[-1] - below[0]
        columns.append([(high - low) / total for low, high in zip(below, below[1:], strict=False)])
    return tuple((a, b, c) for a, b, c in zip(*columns, strict=True))
