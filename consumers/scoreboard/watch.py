"""Who may watch a scoreboard: told about once a second how it goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from consumers.scoreboard.store import At
from contracts.records import Metrics

__all__ = ["Look", "Unwatched", "Watch"]


@dataclass(frozen=True)
class Look:
    """Where a scoreboard stands after a transaction.

    Parameters
    ----------
    records : int
        Taken in since the look before.
    lag : mapping of (topic, partition) to int
        Records behind.
    totals : mapping of (kind, task, partition) to int
        Records since the start of the log; see `consumers.scoreboard.fold.State`.
    served : mapping of (task, partition) to model
        Who answered last.
    metrics : sequence of Metrics
        Windowed scores that are new.
    drifts : collection of (str, int)
        Drifts that began, by name and number of user events before.
    """

    records: int
    lag: Mapping[At, int]
    totals: Mapping[tuple[str, str, int], int]
    served: Mapping[tuple[str, int], str | None]
    metrics: Sequence[Metrics]
    drifts: Collection[tuple[str, int]]


class Watch(Protocol):
    """Is told on the scoreboard's own thread: it must be quick and must not raise."""

    def began(self, metrics: Sequence[Metrics], drifts: Collection[tuple[str, int]]) -> None:
        """Broker and database answer, and the state is loaded: its newest windows and all its drifts."""
        ...

    def looked(self, look: Look) -> None:
        """What was read is written."""
        ...

    def waits(self, problem: str) -> None:
        """Broker or database do not answer; `began` is told when they do again."""
        ...


class Unwatched:
    """A watch that does nothing."""

    def began(self, metrics: Sequence[Metrics], drifts: Collection[tuple[str, int]]) -> None:
        """Do nothing."""

    def looked(self, look: Look) -> None:
        """Do nothing."""

    def waits(self, problem: str) -> None:
        """Do nothing."""
