"""What a drift may change: how new sessions behave, who comes, and the products on sale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from producers.simulator.behaviour import Behaviour

if TYPE_CHECKING:
    from producers.simulator.catalogue import Catalogue, Change

__all__ = ["Drift"]


@dataclass(frozen=True)
class Drift:
    """When shoppers change their ways. Base of all drifts.

    It acts on sessions that begin: those under way go on as they began, so that the oracle stays exact.

    Parameters
    ----------
    at_events : int
        User events after which it begins.

    Attributes
    ----------
    name : str
        As typed.
    behaviours : tuple of Behaviour
        The ways that sessions may have under it, besides the usual ones.
    is_noted_again : bool
        Whether each change of `way` is noted on ``shop.truth``, and not the beginning alone.
    bot_share : float
        Of the sessions that begin: those of bots, who follow the first of `behaviours`.
    """

    at_events: int

    name: ClassVar[str]
    behaviours: ClassVar[tuple[Behaviour, ...]]
    is_noted_again: ClassVar[bool] = False
    bot_share: ClassVar[float] = 0.0

    def __str__(self) -> str:
        """As typed on the command line."""
        return f"{self.name}@{self.at_events}"

    def way(self, events: int, now: int) -> int | None:
        """Which of `behaviours` a shopper follows who comes now; None: the usual one.

        Parameters
        ----------
        events : int
            User events since it began.
        now : int
            Event time in ms.
        """
        raise NotImplementedError

    def begin(self, catalogue: Catalogue) -> list[Change]:
        """Change the products, as it begins."""
        return []

    def end(self, catalogue: Catalogue) -> list[Change]:
        """Undo what can be undone."""
        return []
