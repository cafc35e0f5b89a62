"""How often the next product is in the list of ten: each model, popularity, and who knows the shoppers' law.

``python -m benchmarks.taste`` prints, over some shops, recall@10 and MRR of the second half of the labels, and what an
event costs. The oracle knows the shopper's taste, the category in view and why the shopper came; of searches between
two views, one in twenty, it takes no notice. It fails where the blend finds less than the floors ask for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from contracts.codec import decode_user_event
from contracts.records import Outcome
from contracts.topics import USER_EVENTS
from models.portfolio import Portfolio
from models.tasks.taste.task import TASTE
from producers.simulator import Scenario, Simulator, session, shop
from producers.simulator.behaviour import USUAL
from producers.simulator.parameters import INTENTS

_LISTED: Final = 10
_STAYS: Final = 0.7
ABOVE_POPULARITY, OF_ORACLE = 1.5, 0.6


class _Noted(session.Visit):
    """A visit that notes which ten products are the likeliest next ones, at its start and at each view."""

    __slots__ = ()
    lists: dict[str, list[str]] = {}

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.lists[self.session_id] = self._likeliest(None)

    def _tell(self, now: int, event_id: str) -> None:
        super()._tell(now, event_id)
        self.lists[event_id] = self._likeliest(self._item.product_id if self._item else None)

    def _likeliest(self, in_view: str | None) -> list[str]:
        likes, cumulated = self.user.categories
        shares = np.diff([0.0, *cumulated]) / cumulated[-1]
        bins = USUAL.bins[INTENTS.index(self._intent)]
        chances: list[tuple[float, str]] = []
        for category, share in zip(likes, shares.tolist(), strict=True):
            here = share
            if in_view is not None:
                here = (1.0 - _STAYS) * share + (_STAYS if category == self._category else 0.0)
            for part, items in zip(bins, self.user.shelf(category, self._catalogue), strict=True):
                chances += [(-here * part / len(items), item.product_id) for item in items]
        return [item for _, item in sorted(chances) if item != in_view][:_LISTED]


def ranks_of(seed: int, events: int) -> tuple[dict[str, list[float]], float]:
    """Ranks of what came, 0 where it is in no list, by model and of the oracle; microseconds an event of the task."""
    vars(shop)["Visit"] = _Noted  # what the oracle knows stands in no record
    _Noted.lists.clear()
    portfolio = Portfolio(0, (TASTE,))
    ranks: dict[str, list[float]] = {}
    spent, offset = 0.0, 0
    for emission in Simulator(Scenario(seed=seed, events=events)):
        if emission.topic != USER_EVENTS.name:
            continue
        event, time_ms = decode_user_event(emission.value)
        start = time.thread_time()
        outputs = portfolio.step(event, time_ms, offset)
        spent += time.thread_time() - start
        offset += 1
        for one in outputs:
            if isinstance(one, Outcome) and one.label is not None:
                for name, rank in _ranks(one).items():
                    ranks.setdefault(name, []).append(rank)
    return ranks, 1e6 * spent / offset


def _ranks(outcome: Outcome) -> dict[str, float]:
    found = {name: TASTE.kind.kept(outcome.label, answer) for name, answer in outcome.answers.items()}
    lists: Mapping[str, list[str]] = _Noted.lists
    known = lists.get(outcome.event_id) or lists[outcome.session_id]
    found["oracle"] = float(known.index(str(outcome.label)) + 1) if outcome.label in known else 0.0
    return {name: float(rank) for name, rank in found.items()}


def main() -> int:
    """Print the figures; 1 where a floor is not held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    recalls: dict[str, list[float]] = {}
    mrrs: dict[str, list[float]] = {}
    for seed in range(1, given.seeds + 1):
        ranks, cost_us = ranks_of(seed, given.events)
        for name, all_ranks in ranks.items():
            late = np.array(all_ranks[len(all_ranks) // 2 :])
            recalls.setdefault(name, []).append(float((late > 0.0).mean()))
            mrrs.setdefault(name, []).append(
                float(np.where(late > 0.0, 1.0 / np.maximum(late, 1.0), 0.0).mean())
            )
        print(f"seed {seed}: {len(ranks['oracle'])} labels, {cost_us:.0f} us an event", flush=True)
    print(f"{'':24}recall@10 (lowest to highest)     MRR")
    for name, of_seeds in recalls.items():
        low, high = min(of_seeds), max(of_seeds)
        print(
            f"{name:24}{np.mean(of_seeds):.3f} ({low:.3f} to {high:.3f})            {np.mean(mrrs[name]):.3f}"
        )
    pairs = zip(recalls["blend"], recalls["popularity"], recalls["oracle"], strict=True)
    is_fine = all(
        blend >= ABOVE_POPULARITY * popular and blend >= OF_ORACLE * oracle
        for blend, popular, oracle in pairs
    )
    print("floors held" if is_fine else "a floor is not held")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
