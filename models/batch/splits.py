"""Three slices by time, such that nothing in one knows what comes in the next."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.batch.examples import Examples

__all__ = ["Split", "check_split", "split"]

Ints = NDArray[np.int64]

_TUNE: Final = 0.1
_EVALUATE: Final = 0.2


class Split(NamedTuple):
    """Row numbers of three slices, oldest first.

    Parameters
    ----------
    fit : ndarray
        Models are fitted to these.
    tune : ndarray
        Their parameters are chosen, and probabilities calibrated, on these.
    evaluate : ndarray
        Looked at once, when all is chosen; learned after that.
    tune_ms, evaluate_ms : int
        Event times at which the second and the third begin.
    """

    fit: Ints
    tune: Ints
    evaluate: Ints
    tune_ms: int
    evaluate_ms: int


def split(examples: Examples, *, tune: float = _TUNE, evaluate: float = _EVALUATE) -> Split:
    """Cut by event time; what would look over a cut is left out.

    A session that a cut goes through is in neither slice on its sides, and a label that was not settled by the cut
    is not learnt before it: so it would have been had the model been trained at that moment.

    Parameters
    ----------
    examples : Examples
        Oldest first, as they always are.
    tune, evaluate : float
        Shares of the rows.

    Raises
    ------
    ValueError
        If one of the slices comes out empty.
    """
    count = len(examples)
    second, third = int(count * (1.0 - tune - evaluate)), int(count * (1.0 - evaluate))
    if not 0 < second < third < count:
        msg = f"There must be enough rows for three slices. Got {count}."
        raise ValueError(msg)
    tune_ms, evaluate_ms = int(examples.time_ms[second]), int(examples.time_ms[third])
    first, last = _reach(examples)
    known_ms = np.maximum(last, examples.settled_ms)
    found = Split(
        fit=np.flatnonzero(known_ms < tune_ms),
        tune=np.flatnonzero((first >= tune_ms) & (known_ms < evaluate_ms)),
        evaluate=np.flatnonzero(first >= evaluate_ms),
        tune_ms=tune_ms,
        evaluate_ms=evaluate_ms,
    )
    check_split(examples, found)
    return found


def _reach(examples: Examples) -> tuple[Ints, Ints]:
    """Times of the first and of the last row of each row's session."""
    count = int(examples.session.max()) + 1
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, examples.session, examples.time_ms)
    np.maximum.at(last, examples.session, examples.time_ms)
    return first[examples.session], last[examples.session]


def check_split(examples: Examples, found: Split) -> None:
    """Hold a split to its promise, whoever made it.

    Raises
    ------
    ValueError
        If a row is later than one of a later slice, a label was settled after its slice ended, a session is in two
        slices, or a slice is empty.
    """
    parts = (found.fit, found.tune, found.evaluate)
    if not all(len(part) for part in parts):
        msg = f"Each slice must have rows. Got {', '.join(str(len(part)) for part in parts)}."
        raise ValueError(msg)
    cuts = (("tune", found.fit, found.tune), ("evaluate", found.tune, found.evaluate))
    for name, before, after in cuts:
        begins = int(examples.time_ms[after].min())
        if int(examples.time_ms[before].max()) >= begins:
            msg = f"No row before {name} may be as late as one of it."
            raise ValueError(msg)
        if int(examples.settled_ms[before].max()) >= begins:
            msg = f"Labels of rows before {name} must be settled before it begins."
            raise ValueError(msg)
    if sum(len(np.unique(examples.session[part])) for part in parts) != len(
        np.unique(examples.session[np.concatenate(parts)])
    ):
        msg = "A session must be in one slice only, for its rows share a label."
        raise ValueError(msg)
