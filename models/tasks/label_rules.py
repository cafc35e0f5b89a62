"""When the label of a decision point settles; the rules of visits and silence are in `contracts.labels`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from contracts.events import OrderPlaced, UserEvent

__all__ = ["AtOnce", "AtVisitEnd", "LabelRule", "Never", "Settled", "Why"]

Why: TypeAlias = Literal["order", "ended", "silence", "at-once"]


class Settled(NamedTuple):
    """What a rule says of a decision point that is settled: the label, None where there will never be one."""

    label: float | None


@dataclass(frozen=True)
class LabelRule:
    """When a decision point is settled, and by what.

    Attributes
    ----------
    settles : bool
        False where no label ever comes: such a task learns when it is asked.
    """

    settles = True

    def when_asked(self, event: UserEvent) -> Settled | None:
        """What the event of a decision point says itself; None: the label comes later."""
        return None

    def when_ended(self, order: OrderPlaced | None) -> Settled:
        """What the end of the visit says, by an order or without."""
        return Settled(None)


@dataclass(frozen=True)
class AtVisitEnd(LabelRule):
    """Settled by the end of the visit.

    Parameters
    ----------
    with_order : callable
        Label of the decision points of a visit that ends in this order.
    without : float or None
        Label of those of a visit that ends without; None: there is none.
    """

    with_order: Callable[[OrderPlaced], float]
    without: float | None

    def when_ended(self, order: OrderPlaced | None) -> Settled:
        """See `LabelRule`."""
        return Settled(self.without if order is None else self.with_order(order))


@dataclass(frozen=True)
class AtOnce(LabelRule):
    """Settled by the event of the decision point itself, once it is predicted.

    Parameters
    ----------
    label : callable
        Label that the event carries; None: it has none.
    """

    label: Callable[[UserEvent], float | None]

    def when_asked(self, event: UserEvent) -> Settled:
        """See `LabelRule`."""
        return Settled(self.label(event))


@dataclass(frozen=True)
class Never(LabelRule):
    """Never settled: the task has no labels."""

    settles = False
