"""What each drift does to the conversion models, and when they are back: in memory, no broker.

``python -m benchmarks.drifts --seeds 1 2 3`` prints two rows for each drift and seed, of the best online model and of
its frozen copy, and their means. Shares are of the learnable: before the drift; over the first 10,000 decision points
after it; the lowest over 10,000 in a row; at the end. "back": decision points until such a window is at .80 again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from benchmarks.conversion import NAMES, Run, run
from contracts.drift_words import DRIFTS
from models import evaluate
from models.tasks import TASKS
from producers.simulator import Scenario, parse_drift

__all__ = ["Through", "main", "through"]

_WINDOW: Final = 10_000
_ROW: Final = "{:14} {:>4} {:18} {:>6} {:>6} {:>6} {:>8} {:>6}"


class Through(NamedTuple):
    """How one model came through a drift; shares are those of the learnable."""

    before: float
    first: float
    lowest: float
    back: int | None
    end: float


def through(done: Run, at_events: int, model: str) -> Through:
    """Follow `model` through a run that drifted after so many user events."""
    after = np.array(done.numbers) > at_events
    bayes = np.array(done.oracle)[:, 1]
    answers = np.array(done.answers)[:, NAMES.index(model)]
    found = evaluate.recovery(bayes[after], answers[after], window=_WINDOW)
    shares = evaluate.trailing_shares(bayes[after], answers[after], _WINDOW)
    before = evaluate.expected_share(bayes[~after][-_WINDOW:], answers[~after][-_WINDOW:])
    is_never_away = found.lowest_share is not None and found.lowest_share >= 0.80
    return Through(
        before=np.nan if before is None else before,
        first=float(shares[0]),
        lowest=np.nan if found.lowest_share is None else found.lowest_share,
        back=_WINDOW if is_never_away else found.back_after_decisions,
        end=np.nan if found.share_at_end is None else found.share_at_end,
    )


def _best_and_frozen(done: Run, at_events: int) -> tuple[str, str]:
    task = TASKS["conversion"]
    online = [model.name for model in task.models if model.kind == "online"]
    frozen = next(model.name for model in task.models if model.kind == "frozen")
    return max(online, key=lambda name: through(done, at_events, name).before), frozen


def _row(drift: str, seed: object, model: str, rows: Sequence[Through]) -> str:
    shares = (f"{np.mean([getattr(row, name) for row in rows]):.3f}" for name in ("before", "lowest", "end"))
    before, lowest, end = shares
    backs = [row.back for row in rows if row.back is not None]
    first = f"{np.mean([row.first for row in rows]):.3f}"
    back = f"{np.mean(backs):,.0f}" if len(backs) == len(rows) else "never"
    return _ROW.format(drift, str(seed), model, before, first, lowest, back, end)


def main() -> None:
    """Run each drift and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--drifts", nargs="+", default=list(DRIFTS), choices=DRIFTS, metavar="NAME")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--events", type=int, default=250_000)
    parser.add_argument("--at", type=int, default=120_000, help="user event at which the shop changes")
    given = parser.parse_args()
    print(_ROW.format("drift", "seed", "model", "before", "first", "lowest", "back", "end"), flush=True)
    for name in given.drifts:
        seen: dict[str, list[Through]] = {}
        for seed in given.seeds:
            drift = parse_drift(f"{name}@{given.at}")
            done = run(Scenario(seed=seed, events=given.events, drift=drift))
            for model in _best_and_frozen(done, given.at):
                found = through(done, given.at, model)
                seen.setdefault(model, []).append(found)
                print(_row(name, seed, model, [found]), flush=True)
        for model, rows in seen.items():
            print(_row(name, "mean", model, rows), flush=True)


if __name__ == "__main__":
    main()
