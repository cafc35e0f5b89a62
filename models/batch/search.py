"""Successive halving within a time budget: many candidates on few rows, the best third on three times as many.

The defaults are carried on to all rows whatever they lose, so what is chosen loses no more than they do on the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

__all__ = ["Progress", "Search", "Trial", "candidates", "search"]

Progress: TypeAlias = Callable[[int, int, str], None]
"""Told after each fit: how many are done, how many there are at most, and what was done."""

_FACTOR: Final = 3
# On fewer rows the order of candidates says nothing about their order on all.
_LEAST_ROWS: Final = 2_000
_RUNGS: Final = 3


class Trial(NamedTuple):
    """One fit: these parameters, learnt from so many rows, had this loss on the next slice."""

    parameters: Mapping[str, Any]
    rows: int
    loss: float


class Search(NamedTuple):
    """What was found.

    Parameters
    ----------
    best : Trial
        The least loss among those that got the most rows.
    trials : tuple of Trial
        All fits, in order.
    is_cut : bool
        Whether the time ran out before all was tried.
    """

    best: Trial
    trials: tuple[Trial, ...]
    is_cut: bool

    @property
    def curve(self) -> list[Trial]:
        """The fits of the best candidate, by rows: its learning curve."""
        return [trial for trial in self.trials if trial.parameters == self.best.parameters]


def candidates(
    defaults: Mapping[str, Any], choices: Mapping[str, Sequence[Any]], count: int, seed: int
) -> list[dict[str, Any]]:
    """`defaults`, and others drawn at random from `choices` without repeats: `count` at most.

    Examples
    --------
    >>> candidates({"a": 1}, {"a": (1, 2)}, 5, seed=0)
    [{'a': 1}, {'a': 2}]
    """
    rng = np.random.default_rng(seed)
    found = [dict(defaults)]
    for _ in range(20 * count):
        if len(found) == count:
            break
        drawn = {name: values[int(rng.integers(len(values)))] for name, values in choices.items()}
        if drawn not in found:
            found.append(drawn)
    return found


def search(
    tried: Sequence[Mapping[str, Any]],
    loss: Callable[[Mapping[str, Any], int], float],
    rows: int,
    *,
    is_over: Callable[[], bool],
    progress: Progress,
) -> Search:
    """Find the best of the candidates.

    Parameters
    ----------
    tried : sequence of mapping
        At least one, the defaults first: these are fitted whatever the time, and first on each number of rows.
    loss : callable
        Of (parameters, rows): fits to the newest so many rows and says the loss on the slice after them.
    rows : int
        All that there are.
    is_over : callable
        Whether the time is up; asked before each fit.
    progress : callable
        See `Progress`.

    References
    ----------
    K. Jamieson, A. Talwalkar, Non-stochastic best arm identification and hyperparameter optimization, AISTATS, 2016.
    """
    rungs = [rows // _FACTOR**power for power in range(_RUNGS) if rows // _FACTOR**power >= _LEAST_ROWS]
    rungs = sorted(rungs or [rows])
    sizes = [max(-(-len(tried) // _FACTOR**power), min(2, len(tried))) for power in range(len(rungs))]
    trials: list[Trial] = []
    left = list(tried)
    for rung, size in zip(rungs, sizes, strict=True):
        stage: list[Trial] = []
        for parameters in left[:size]:
            if trials and is_over():
                break
            stage.append(Trial(parameters, rung, loss(parameters, rung)))
            trials.append(stage[-1])
            progress(len(trials), sum(sizes), f"{rung:,} rows, loss {stage[-1].loss:.4f}")
        if len(stage) < size:
            break
        left = [left[0], *(trial.parameters for trial in sorted(stage[1:], key=lambda trial: trial.loss))]
    most = max(trial.rows for trial in trials)
    best = min((trial for trial in trials if trial.rows == most), key=lambda trial: trial.loss)
    return Search(best, tuple(trials), len(trials) < sum(sizes))
