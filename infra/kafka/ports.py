"""What the rooms may ask of a broker, with what is guaranteed and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

__all__ = ["Committed", "OutgoingRecord", "PartitionLog", "Record", "Transactions"]


class Record(NamedTuple):
    """One record as it stands on the broker.

    `timestamp_ms` is the broker's clock when it was appended (LogAppendTime), milliseconds since 1970.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class OutgoingRecord(NamedTuple):
    """One record to be written; `headers` is a list because kafka-python demands one."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Committed(NamedTuple):
    """A consumer group's offset of one partition, and the metadata committed with it."""

    offset: int
    metadata: str


class PartitionLog(Protocol):
    """One partition of a topic, read in order.

    Guarantees: records come in the order of their offsets, each once after a `seek`, only committed ones, and
    as bytes, however broken. Does not guarantee: that offsets have no gaps (markers of transactions take some),
    or that a poll returns anything although there is something.
    """

    topic: str
    partition: int

    def seek(self, offset: int) -> None:
        """Read on from `offset`. Never blocks."""
        ...

    def poll(self, timeout_s: float) -> Sequence[Record]:
        """Up to a configured number of records; empty after `timeout_s` without any. Blocks no longer.

        Raises `StateLost` where the position lies outside the log.
        """
        ...

    def position(self) -> int:
        """Offset of what `poll` returns next; at the end of the log it also passes markers."""
        ...

    def bounds(self) -> tuple[int, int]:
        """First offset of the log, and the one after its last committed record."""
        ...

    def lag(self) -> int | None:
        """How many offsets lie between `position` and the end of the log; None where nothing is known of it yet.

        As the broker said with the last answer to `poll`; one that has said nothing for seconds is asked, for a moment.
        Counts what is not committed yet, too.
        """
        ...

    def close(self) -> None:
        """Let go of all sockets."""
        ...


class Transactions(Protocol):
    """One writer with a transactional id: at most one lives, for the newest fences all before it.

    Guarantees: what was sent between `begin` and `commit` becomes visible together with the offset or not at all;
    after `init` the last transaction of this id is settled. Does not guarantee that a failed call left things
    as they were: after any exception the process has to end, and a new one starts with `init`.
    """

    def init(self) -> None:
        """Take ownership: fence older owners, settle their last transaction. Blocks until that is done."""
        ...

    def begin(self) -> None:
        """Open a transaction."""
        ...

    def send(self, record: OutgoingRecord) -> None:
        """Hand a record over. May block while buffers are full; delivery is known after `flush` only."""
        ...

    def flush(self, timeout_s: float) -> int | None:
        """Wait until every record is written, check each, and return the offset of the last one sent."""
        ...

    def commit_offset(self, group: str, topic: str, partition: int, committed: Committed) -> None:
        """Put the group's offset into the transaction. Blocks without limit: needs a watchdog."""
        ...

    def commit(self) -> None:
        """Commit. Blocks without limit: needs a watchdog."""
        ...

    def close(self) -> None:
        """Let go of all sockets; an open transaction is left to the next owner's `init`."""
        ...
