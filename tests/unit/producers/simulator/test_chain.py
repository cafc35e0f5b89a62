"""The chain of a session and its solve, against simple ways to the same numbers."""

from __future__ import annotations

import random
from bisect import bisect
from itertools import product

import pytest

from contracts.labels import SILENCE_MS
from producers.simulator.chain import (
    DWELL_EDGES_MS,
    LEAVE,
    NEXT_STATE,
    ORDER,
    OUTCOMES,
    STATES,
    Chain,
    clip,
    dwell_classes,
    solve_chain,
)
from producers.simulator.parameters import LEVELS, PARAMETERS

KINDS = list(product((0, 1), (0, 3), (LEVELS[0], 0, LEVELS[-1])))


@pytest.fixture(params=KINDS, ids=str)
def chain(request) -> Chain:
    regime, persona, level = request.param
    return solve_chain(PARAMETERS.behaviours[regime], PARAMETERS.personas[persona], level)


def test_chances_are_a_distribution_in_every_state(chain: Chain):
    for row in chain.chances:
        for z in range(3):
            assert sum(chances[z] for chances in row) == pytest.approx(1.0, abs=1e-12)
            assert all(chances[z] >= 0.0 for chances in row)


def test_the_solve_agrees_with_walking_the_chain_until_next_to_nothing_is_left(chain: Chain):
    for z in range(3):
        for start in (0, 1, 6, STATES - 1):
            share = [0.0] * STATES
            share[start] = 1.0
            ordered = 0.0
            for _ in range(600):
                after = [0.0] * STATES
                for state, here in enumerate(share):
                    ordered += here * chain.chances[state][ORDER][z]
                    for outcome in range(ORDER):
                        after[NEXT_STATE[state][outcome]] += here * chain.chances[state][outcome][z]
                share = after
            assert sum(share) < 1e-12
            assert chain.order[start][z] == pytest.approx(ordered, abs=1e-12)


def test_drawing_follows_the_chances():
    chain = solve_chain(PARAMETERS.behaviours[0], PARAMETERS.personas[0], 0)
    rng = random.Random(5)
    many = 40_000
    counts = [0] * OUTCOMES
    for _ in range(many):
        counts[bisect(chain.cumulative[2][7], rng.random())] += 1
    for outcome, count in enumerate(counts):
        chance = chain.chances[7][outcome][2]
        assert abs(count - many * chance) <= 4 * (many * chance * (1 - chance)) ** 0.5


def test_nothing_is_ordered_or_removed_with_an_empty_cart_nor_added_out_of_sight(chain: Chain):
    none_in_cart = range(4)
    out_of_sight = range(0, STATES, 4)
    assert all(chain.chances[state][ORDER] == (0.0, 0.0, 0.0) for state in none_in_cart)
    assert all(chain.chances[state][ORDER - 1] == (0.0, 0.0, 0.0) for state in none_in_cart)
    assert all(chain.chances[state][ORDER - 2] == (0.0, 0.0, 0.0) for state in out_of_sight)
    assert all(min(row[LEAVE]) > 0.0 for row in chain.chances)


def test_dwell_is_a_distribution_that_ends_far_below_the_silence_limit():
    assert DWELL_EDGES_MS[-1] < SILENCE_MS / 2
    for behaviour in PARAMETERS.behaviours:
        classes = dwell_classes(behaviour)
        assert len(classes) == len(DWELL_EDGES_MS) - 1
        for z in range(3):
            assert sum(row[z] for row in classes) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("probability", "told"), [(0.0, 1e-4), (1.0, 1 - 1e-4), (0.12345678, 0.123457), (0.5, 0.5)]
)
def test_what_is_told_is_clipped_and_has_six_digits(probability: float, told: float):
    assert clip(probability) == told
