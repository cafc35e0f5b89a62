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
        """Do at once what was left to do for all records since the last call: after each turn, and while recovering.

        May fill in outputs that `step` gave, and returns those that belong to no one record. Nothing of it is chained,
        for it may depend on how the records were cut into turns; `snapshot` and `restore` come behind it only.
        """
        ...

    def opening(self) -> Sequence[OutgoingRecord]:
        """What is told once, with the first turn of each generation."""
        ...

    def outgoing(self, outputs: Sequence[Any], record: Record, now_ms: int) -> Sequence[OutgoingRecord]:
        """The records to write for the outputs of `record`; `now_ms` is for latency alone."""
        ...

    def snapshot(self) -> bytes:
        """The whole state."""
        ...

    def restore(self, payload: bytes) -> None:
        """Take the state that `snapshot` gave, in place of one's own."""
        ...
