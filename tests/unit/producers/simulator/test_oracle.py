"""Both filters against summing over everything that is hidden, one path at a time."""

from __future__ import annotations

import random
from bisect import bisect
from itertools import accumulate, product

import pytest

from producers.simulator.blind import BlindFilter, BlindTables
from producers.simulator.chain import LEAVE, NEXT_STATE, ORDER, OUTCOMES, VIEW_HIGH
from producers.simulator.oracle import FAINT, BayesFilter
from producers.simulator.parameters import PARAMETERS
from producers.simulator.shifts import Shift, Tables

TABLES = Tables(PARAMETERS)
SHIFT = Shift(hour=3, device=1, returning=1, offer=1, price=1, regime=0)
PERSONA = 1
Step = tuple[int, int, int]


def path(seed: int, steps: int) -> list[Step]:
    """Draw (state before, outcome, class of dwell) for a shopper who neither orders nor leaves."""
    rng = random.Random(seed)
    chain = TABLES.chain(PERSONA, SHIFT)
    state = 0
    made: list[Step] = []
    while len(made) < steps:
        z = rng.randrange(3)
        outcome = bisect(chain.cumulative[z][state], rng.random())
        if outcome < ORDER:
            made.append((state, outcome, rng.randrange(len(TABLES.dwell[0]))))
            state = NEXT_STATE[state][outcome]
    return made


def likelihood(persona: int, z: int, steps: list[Step]) -> float:
    chain, weight = TABLES.chain(persona, SHIFT), 1.0
    for state, outcome, dwell in steps:
        weight *= chain.chances[state][outcome][z] * TABLES.dwell[SHIFT.regime][dwell][z]
    return weight


@pytest.mark.parametrize("seed", range(6))
def test_bayes_is_the_sum_over_intents_of_the_whole_path(seed: int):
    steps = path(seed, 6)
    prior, chain = TABLES.prior(PERSONA, SHIFT), TABLES.chain(PERSONA, SHIFT)
    bayes = BayesFilter(prior, chain)
    for many, (state, outcome, dwell) in enumerate(steps, start=1):
        bayes.see(state, outcome, dwell)
        now = NEXT_STATE[state][outcome]
        weights = [prior[z] * likelihood(PERSONA, z, steps[:many]) for z in range(3)]
        expected = sum(w * chain.order[now][z] for z, w in enumerate(weights)) / sum(weights)
        assert bayes.order(now) == pytest.approx(expected, rel=1e-9)


def with_bins(steps: list[Step], bins: tuple[int, ...]) -> list[Step]:
    """Put other bins in the place of those that were viewed."""
    chosen, state = iter(bins), 0
    made: list[Step] = []
    for _, outcome, dwell in steps:
        seen = next(chosen) if outcome <= VIEW_HIGH else outcome
        made.append((state, seen, dwell))
        state = NEXT_STATE[state][seen]
    return made


@pytest.mark.parametrize("seed", range(6))
def test_blind_is_the_sum_over_personas_intents_and_all_bins_that_may_have_been(seed: int):
    steps = path(seed, 5)
    personas = (0.1, 0.5, 0.3, 0.1)
    blind = BlindFilter(BlindTables(TABLES).blurred(SHIFT), personas)
    for state, outcome, dwell in steps:
        blind.see(state, outcome, dwell)
    ordered = total = 0.0
    by_persona = [0.0] * 4
    views = sum(outcome <= VIEW_HIGH for _, outcome, _ in steps)
    for persona, z, *bins in product(range(4), range(3), *[range(3)] * views):
        hidden = with_bins(steps, tuple(bins))
        weight = personas[persona] * TABLES.prior(persona, SHIFT)[z] * likelihood(persona, z, hidden)
        last = NEXT_STATE[hidden[-1][0]][hidden[-1][1]]
        total += weight
        by_persona[persona] += weight
        ordered += weight * TABLES.chain(persona, SHIFT).order[last][z]
    now = NEXT_STATE[steps[-1][0]][steps[-1][1]]
    assert blind.order(now) == pytest.approx(ordered / total, rel=1e-9)
    assert blind.personas() == pytest.approx([share / total for share in by_persona], rel=1e-9)


def test_who_leaves_tells_something_of_the_persona_too():
    blind = BlindFilter(BlindTables(TABLES).blurred(SHIFT), (0.25, 0.25, 0.25, 0.25))
    blind.leave(0)
    weights = [
        sum(
            TABLES.prior(persona, SHIFT)[z] * TABLES.chain(persona, SHIFT).chances[0][LEAVE][z]
            for z in range(3)
        )
        for persona in range(4)
    ]
    assert blind.personas() == pytest.approx([weight / sum(weights) for weight in weights], rel=1e-9)


def test_a_session_of_a_thousand_events_does_not_wear_the_beliefs_out():
    chain = TABLES.chain(PERSONA, SHIFT)
    bayes = BayesFilter(TABLES.prior(PERSONA, SHIFT), chain)
    blind = BlindFilter(BlindTables(TABLES).blurred(SHIFT), (0.25, 0.25, 0.25, 0.25))
    steps = path(9, 1_000)
    assert likelihood(PERSONA, 0, steps) < FAINT
    for state, outcome, dwell in steps:
        bayes.see(state, outcome, dwell)
        blind.see(state, outcome, dwell)
        now = NEXT_STATE[state][outcome]
        assert 0.0 < bayes.order(now) < 1.0
        assert 0.0 < blind.order(now) < 1.0


def test_the_blind_one_is_right_on_average_over_the_bins():
    chain, blurred = TABLES.chain(0, SHIFT), BlindTables(TABLES).blurred(SHIFT)
    shares = PARAMETERS.behaviours[0].bins[2]
    mean = sum(share * chain.order[1 + b][2] for b, share in enumerate(shares))
    assert blurred.order[1][2] == pytest.approx(mean)
    assert list(accumulate(shares))[-1] == pytest.approx(1.0)
    assert len(blurred.likelihoods[0]) == OUTCOMES
