"""Does the gate keep out what is no better, and let in what is? ``make study`` prints how many of 200 pass.

Decision points, labels and sessions are those of the simulated shop, drawn anew for each promotion, whole sessions with
replacement. What is served knows 90 % of the learnable: the oracle's log odds and an error of its own, half of it the
same for all of a session. The candidate errs by as much (equal), or by so much less that it knows 95 % (better by 5 %
of the learnable). Their errors are as alike as those of the least alike pair of real models: on a shop of 60,000 events
those in log odds of second-order and plain logistic regression, of scikit-learn's and of its gradient boosting
correlate by 0.58 to 0.90. The less alike, the larger the differences and the harder to tell (``--alike 0``).
Each promotion is looked at after every 500 labels up to 50,000, and passes if the gate ever says yes.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.world import decisions_of
from models.evaluate import entropy, gate, log_losses, lower_bounds
from models.evaluate.promotion import LEAST_EFFECT, LEAST_SESSIONS
from models.losses import CLIP
from producers.simulator import Scenario, Simulator

__all__ = ["Pool", "Passed", "pool_of", "study"]

Floats = NDArray[np.float64]
LOOK_EVERY: Final = 500
SERVED_SHARE: Final = 0.90
BETTER_SHARE: Final = 0.95
ALIKE: Final = 0.58
_OF_A_SESSION: Final = 0.5
_SEED: Final = 8


class Pool(NamedTuple):
    """Decision points of a shop, grouped by session.

    Parameters
    ----------
    labels, odds : ndarray of shape (n,)
        Labels, and log odds of the oracle ``bayes``.
    first, sizes : ndarray of shape (sessions,)
        Where the decision points of each session begin, and how many they are.
    learnable : float
        Log loss between knowing the mean alone and knowing all but the intent.
    """

    labels: Floats
    odds: Floats
    first: NDArray[np.int64]
    sizes: NDArray[np.int64]
    learnable: float


class Passed(NamedTuple):
    """How many candidates passed, of how many, and the labels of a look at which the median one first did."""

    passed: int
    of: int
    median_labels: int | None


def pool_of(user_events: int, seed: int = _SEED) -> Pool:
    """The decision points of a simulated shop."""
    decisions = decisions_of(Simulator(Scenario(seed=seed, events=user_events, partitions=1)))
    order = np.argsort(decisions.sessions, kind="stable")
    _, first, count = np.unique(decisions.sessions[order], return_index=True, return_counts=True)
    p = np.clip(decisions.lines["bayes"][order], CLIP, 1.0 - CLIP)
    labels = decisions.labels[order]
    learnable = entropy(labels) - float(np.mean(log_losses(labels, p)))
    return Pool(labels, np.log(p / (1.0 - p)), first, count, learnable)


def _errors(rng: np.random.Generator, count: NDArray[np.int64]) -> Floats:
    shared = np.repeat(rng.standard_normal(len(count)), count)
    own = rng.standard_normal(int(count.sum()))
    errors: Floats = np.sqrt(_OF_A_SESSION) * shared + np.sqrt(1.0 - _OF_A_SESSION) * own
    return errors


def _losses(odds: Floats, signs: Floats) -> Floats:
    """Log losses of answers with these log odds; `signs` are +1 for a label of 1, else -1."""
    losses: Floats = np.logaddexp(0.0, -signs * odds)
    return losses


def spread_of(pool: Pool, share: float) -> float:
    """Standard deviation of the error in log odds with which a model knows `share` of the learnable."""
    errors = _errors(np.random.default_rng(_SEED), pool.sizes)
    p = 1.0 / (1.0 + np.exp(-pool.odds))

    def expected(odds: Floats) -> float:
        return float(np.mean(p * np.logaddexp(0.0, -odds) + (1.0 - p) * np.logaddexp(0.0, odds)))

    must = expected(pool.odds) + (1.0 - share) * pool.learnable
    low, high = 0.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expected(pool.odds + middle * errors) < must else (low, middle)
    return low


def first_pass(sums: Floats, served: Floats, count: NDArray[np.int64]) -> int | None:
    """After how many sessions a look finds the gate open for the first time; None: never.

    Parameters
    ----------
    sums, served : ndarray of shape (sessions,)
        What the candidate loses less in each session, and what the served one loses.
    count : ndarray of shape (sessions,)
        Labels in each.
    """
    labels, sessions = np.cumsum(count), np.arange(1, len(count) + 1)
    is_look = np.diff(labels // LOOK_EVERY, prepend=0) > 0
    is_open = (
        (sessions >= LEAST_SESSIONS)
        & (lower_bounds(sums) > 0.0)
        & (np.cumsum(sums) >= LEAST_EFFECT * np.cumsum(served))
    )
    found = np.flatnonzero(is_look & is_open)
    return int(found[0]) + 1 if len(found) else None


def study(pool: Pool, share: float, promotions: int, labels: int, seed: int, alike: float = ALIKE) -> Passed:
    """Put candidates that know `share` of the learnable before the gate.

    Parameters
    ----------
    pool : Pool
        Where decision points are drawn from.
    share : float
        What each candidate knows of the learnable; `SERVED_SHARE` is known by what is served.
    promotions : int
        How many candidates.
    labels : int
        After how many a candidate is given up.
    seed : int
        Of all draws.
    alike : float
        Correlation of the errors of a candidate and of what is served.
    """
    rng = np.random.default_rng(seed)
    served_spread, spread = spread_of(pool, SERVED_SHARE), spread_of(pool, share)
    needed = int(1.1 * labels / pool.sizes.mean()) + 100
    at: list[int] = []
    for _ in range(promotions):
        drawn = rng.integers(len(pool.sizes), size=needed)
        drawn = drawn[np.cumsum(pool.sizes[drawn]) <= labels]
        count = pool.sizes[drawn]
        starts = np.cumsum(count) - count
        rows = np.repeat(pool.first[drawn] - starts, count) + np.arange(count.sum())
        odds, signs = pool.odds[rows], 2.0 * pool.labels[rows] - 1.0
        common, *own = (_errors(rng, count) for _ in range(3))
        errors = [np.sqrt(alike) * common + np.sqrt(1.0 - alike) * one for one in own]
        theirs = _losses(odds + served_spread * errors[0], signs)
        mine = _losses(odds + spread * errors[1], signs)
        sessions = first_pass(np.add.reduceat(theirs - mine, starts), np.add.reduceat(theirs, starts), count)
        if sessions is not None:
            seen = int(count[:sessions].sum())
            names = np.repeat(np.arange(sessions), count[:sessions])
            assert gate(mine[:seen], theirs[:seen], names).passed, "the gate itself must say the same"
            at.append(seen)
    return Passed(len(at), promotions, int(np.median(at)) if at else None)


def main() -> int:
    """Print both figures; 1 where they are not what they must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    parser.add_argument("--promotions", type=int, default=200)
    parser.add_argument("--labels", type=int, default=50_000, help="looked at up to so many")
    parser.add_argument("--events", type=int, default=350_000, help="user events of the shop to draw from")
    parser.add_argument("--alike", type=float, default=ALIKE, help="correlation of errors, from 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began_s = time.perf_counter()
    pool = pool_of(arguments.events)
    print(
        f"{len(pool.labels):,} decision points in {len(pool.sizes):,} sessions, "
        f"the learnable {pool.learnable:.4f}, of which 5 % is {0.05 * pool.learnable:.5f} a label"
    )
    most, least = round(0.095 * arguments.promotions), round(0.95 * arguments.promotions)
    given = (arguments.promotions, arguments.labels, arguments.seed, arguments.alike)
    equal, better = study(pool, SERVED_SHARE, *given), study(pool, BETTER_SHARE, *given)
    print(f"equal:  {equal.passed} of {equal.of} passed (at most {most})")
    print(f"better: {better.passed} of {better.of} passed (at least {least})")
    print(f"        the median after {better.median_labels} labels")
    print(f"{time.perf_counter() - began_s:.0f} s")
    return 0 if equal.passed <= most and better.passed >= least else 1


if __name__ == "__main__":
    sys.exit(main())
