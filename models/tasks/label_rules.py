"""When the label of a decision point settles; the rules of visits and silence are in `contracts.labels`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from contracts.bounds import Label
from contracts.events import OrderPlaced, UserEvent

__all__ = ["AtNext", "AtOnce", "AtVisitEnd", "LabelRule", "Never", "Settled", "Why"]

Why: TypeAlias = Literal["order", "ended", "silence", "at-once", "next"]


class Settled(NamedTuple):
    """What a rule says of a decision point that is settled: the label, None where there will never be one."""

    label: Label | None


@dataclass(frozen=True)
class LabelRule:
    """When a decision point is settled, and by what.

    Attributes
    ----------
    settles : bool
        False where no label ever comes: such a task learns when it is asked.
    follows : bool
        Whether later events of the visit can settle it before its end.
    """

    settles = True
    follows = False

    def when_asked(self, event: UserEvent) -> Settled | None:
        """What the event of a decision point says itself; None: the label comes later."""
        return None

    def when_followed(self, asked: UserEvent, event: UserEvent) -> Settled | None:
        """What a later event of the visit says; None: nothing yet."""
        return None

    def when_ended(self, asked: UserEvent, order: OrderPlaced | None) -> Settled:
        """What the end of the visit says, by an order or without."""
        return Settled(None)


@dataclass(frozen=True)
class AtVisitEnd(LabelRule):
    """Settled by the end of the visit.

    Parameters
    ----------
    with_order : callable
        Label of the decision points of a visit that ends in this order.
    without : label or None
        Label of those of a visit that ends without; None: there is none.
    shown : callable, optional
        Of the event of a decision point, what goes into the label beside ``reward``, which is then what the others say:
        ``arm`` and ``propensity`` of a bandit.
    """

    with_order: Callable[[OrderPlaced], Label]
    without: Label | None
    shown: Callable[[UserEvent], dict[str, Any]] | None = None

    def when_ended(self, asked: UserEvent, order: OrderPlaced | None) -> Settled:
        """See `LabelRule`."""
        label = self.without if order is None else self.with_order(order)
        return Settled(
            label if self.shown is None or label is None else self.shown(asked) | {"reward": label}
        )


@dataclass(frozen=True)
class AtNext(LabelRule):
    """Settled by the next other thing that is touched in the visit; no label where the visit ends before.

    Parameters
    ----------
    what : callable
        What an event touches; None: nothing.
    """

    what: Callable[[UserEvent], str | None]
    follows = True

    def when_followed(self, asked: UserEvent, event: UserEvent) -> Settled | None:
        """See `LabelRule`."""
        item = self.what(event)
        return None if item is None or item == self.what(asked) else Settled(item)


@dataclass(frozen=True)
class AtOnce(LabelRule):
    """Settled by the event of the decision point itself, once it is predicted.

    Parameters
    ----------
    label : callable
        Label that the event carries; None: it has none.
    """

    label: Callable[[UserEvent], Label | None]

    def when_asked(self, event: UserEvent) -> Settled:
        """See `LabelRule`."""
        return Settled(self.label(event))


@dataclass(frozen=True)
class Never(LabelRule):
    """Never settled: the task has no labels."""

    settles = False
