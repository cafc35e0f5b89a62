"""What the engine runs: a pure fold over one partition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from infra.kafka import OutgoingRecord, Record

__all__ = ["Fold", "Step"]


class Step(NamedTuple):
    """What one record led to.

    Parameters
    ----------
    outputs : sequence
        Whatever `Fold.outgoing` can turn into records.
    chained : bytes
        What of it the chain covers; empty where nothing is.
    """

    outputs: Sequence[Any]
    chained: bytes


class Fold(Protocol):
    """State and how one record changes it.

    Guarantees that the engine relies on: `step` depends on the state and on the record's offset, value, and
    nothing else: no clock, no randomness of the process, no order of sets or hashes. `snapshot` and `restore` lose
    nothing. A `BadRecord` leaves the state as it was.
    """

    fingerprint: str

    def step(self, record: Record) -> Step:
        """Take one record in. Raises `BadRecord` for one that can't be used."""
        ...

    def complete(self) -> Sequence[Any]:
        """Finish what was postponed for all records since the last call. Called after each turn, and while recovering.

        It may fill in outputs that `step` returned, and returns those that do not belong to one record. The chain does
        not cover them, because they may depend on how the records were cut into turns. `snapshot` and `restore` are
        called only after it.
        """
        ...

    def opening(self) -> Sequence[OutgoingRecord]:
        """Records that are sent once, with the first turn of each generation."""
        ...

    def outgoing(self, outputs: Sequence[Any], record: Record, now_ms: int) -> Sequence[OutgoingRecord]:
        """The records to write for the outputs of `record`; `now_ms` is for latency alone."""
        ...

    def snapshot(self) -> bytes:
        """The whole state."""
        ...

    def restore(self, payload: bytes) -> None:
        """Replace the state by one that `snapshot` returned."""
        ...
