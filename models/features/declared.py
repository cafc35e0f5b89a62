"""What a feature is, and what a set of features must offer."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from contracts.events import UserEvent

__all__ = ["Feature", "FeatureSet", "clipped"]


class Feature(NamedTuple):
    """One number that models see.

    Parameters
    ----------
    name : str
        Under which it stands in ``FeatureSetDeclared.names``.
    low, high : float
        Bounds it is clipped to: without them, a price of a million left a linear model useless for the next ten
        thousand events.
    what : str
        What it says, in a few words.
    """

    name: str
    low: float
    high: float
    what: str = ""


class FeatureSet(Protocol):
    """Features of one task, and the state they are computed from.

    A feature is a pure function of (state before the event, event): `values` reads, `fold` writes. All
    events of the partition are folded in, in order: those without a visit, of settled visits and from the
    past too. State is bounded: what grows with users or products is forgotten, oldest first.
    """

    @property
    def declared(self) -> tuple[Feature, ...]:
        """All features, in the order in which models see them."""
        ...

    def values(self, event: UserEvent, time_ms: int) -> dict[str, Any]:
        """Each declared feature by name, in the order of declaration, within its bounds; changes nothing.

        What models see beside numbers, a text, stands under a name that is not declared: it is not logged, for
        the event has it.
        """
        ...

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """Move the state past `event`."""
        ...


def clipped(declared: tuple[Feature, ...], raw: list[float]) -> dict[str, float]:
    """Raw values by name, each within the bounds of its feature.

    Examples
    --------
    >>> clipped((Feature("a", 0.0, 1.0), Feature("b", -1.0, 1.0)), [1e9, -0.5])
    {'a': 1.0, 'b': -0.5}
    """
    return {
        name: low if value < low else high if value > high else value
        for (name, low, high, _), value in zip(declared, raw, strict=True)
    }
