"""Callbacks for progress, called once a turn; they never affect results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consumers.engine.recovery import Position

__all__ = ["Listener", "Turn"]


@dataclass(frozen=True)
class Turn:
    """What one committed turn did.

    Parameters
    ----------
    events : int
        Records of the main input, dead letters among them.
    outputs : sequence of sequences
        What `Fold.step` gave, for each record that led to anything.
    refused : sequence of str
        For each dead letter the reason.
    turn_s : float
        From the end of the poll to the end of the commit.
    commit_s : float
        Of these, what offsets and commit took.
    latency_s : float
        From the broker's append of the first record to the end of the commit: no event of the turn waited longer.
    """

    events: int
    outputs: Sequence[Sequence[Any]]
    refused: Sequence[str]
    turn_s: float
    commit_s: float
    latency_s: float


class Listener:
    """Receives what a worker does, on the worker's own thread, so it must be quick and must not raise.

    This one ignores all.
    """

    def recovered(self, at: Position) -> None:
        """The committed state was restored. Called once."""

    def committed(self, turn: Turn) -> None:
        """A turn was committed. The last turn is not reported if the worker is killed right after its commit."""

    def looked(self, lag_events: int | None, *, is_empty: bool) -> None:
        """A poll ended, and so did its turn if there were records.

        Parameters
        ----------
        lag_events : int or None
            Records behind the end of the log, as far as is known.
        is_empty : bool
            Whether the poll had none.
        """
