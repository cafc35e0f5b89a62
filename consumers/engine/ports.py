"""Who a worker is, and what it works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from consumers.engine.journal import Journal
from consumers.engine.snapshots import Snapshots
from infra.kafka import Committed, PartitionLog, Transactions

__all__ = ["GroupOffsets", "Identity", "Ports"]


@dataclass(frozen=True)
class Identity:
    """Who this worker is and where its records go; all names are those on the broker."""

    group: str
    partition: int
    input_topic: str
    topic_id: str
    journal_topic: str
    dead_letter_topic: str


class GroupOffsets(Protocol):
    """The consumer group's offset of one partition."""

    def committed(self) -> Committed | None:
        """What is committed, None where nothing is (or it has expired)."""
        ...

    def restore(self, committed: Committed) -> None:
        """Write it again, outside of any transaction."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a worker reads and writes.

    Parameters
    ----------
    log : PartitionLog
        The partition of the main input.
    journal : Journal
        This worker's journal.
    offsets : GroupOffsets
        This group's offset of the partition.
    snapshots : Snapshots
        The cache of states.
    transactions : Transactions
        With the transactional id ``<group>-<partition>``.
    """

    log: PartitionLog
    journal: Journal
    offsets: GroupOffsets
    snapshots: Snapshots
    transactions: Transactions
