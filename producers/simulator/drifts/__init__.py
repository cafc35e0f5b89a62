"""Every way in which the shop may change: a file each, a line here, and a name in `contracts.drift_words`."""

from __future__ import annotations

from typing import Final

from contracts.drift_words import DriftWord, read_drift
from contracts.errors import UsageError
from producers.simulator.behaviour import Behaviour
from producers.simulator.drifts.abrupt import Abrupt
from producers.simulator.drifts.bot_traffic import BotTraffic
from producers.simulator.drifts.drift import Drift
from producers.simulator.drifts.gradual import Gradual
from producers.simulator.drifts.new_products import NewProducts
from producers.simulator.drifts.price_shock import PriceShock
from producers.simulator.drifts.recurring import Recurring

__all__ = ["BEHAVIOURS", "FIRST_REGIME", "REGISTRY", "Abrupt", "Drift", "Gradual", "drift_of", "parse_drift"]

_ALL: Final[tuple[type[Drift], ...]] = (Abrupt, Gradual, Recurring, PriceShock, NewProducts, BotTraffic)

REGISTRY: Final = {drift.name: drift for drift in _ALL}
BEHAVIOURS: Final[tuple[Behaviour, ...]] = tuple(way for drift in _ALL for way in drift.behaviours)
"""Of all drifts in their order. Regime 0 is the usual behaviour, so the first of these is regime 1."""
FIRST_REGIME: Final = {
    drift.name: 1 + sum(len(before.behaviours) for before in _ALL[:place]) for place, drift in enumerate(_ALL)
}


def drift_of(word: DriftWord) -> Drift:
    """Make the drift that was asked for."""
    kind = REGISTRY[word.name]
    return Gradual(word.at_events, word.over_events) if kind is Gradual else kind(word.at_events)


def parse_drift(text: str) -> Drift:
    """Read a drift as typed, such as ``abrupt@N``, N in user events.

    Raises
    ------
    UsageError
        If it is anything else.

    Examples
    --------
    >>> parse_drift("abrupt@175000")
    Abrupt(at_events=175000)
    """
    try:
        return drift_of(read_drift(text))
    except ValueError as error:
        msg = f"A {error}"
        raise UsageError(msg, hint="docs/drift.md says what each of them changes.") from error
