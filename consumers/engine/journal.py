"""The journal of one worker: one record a transaction, the authority at recovery.

Other records there are skipped, because anybody may write to a topic.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

from contracts.codec import encode
from contracts.journal import turn_of
from contracts.records import JournalRecord
from infra.kafka import Record, read_last, read_to_end

__all__ = ["Journal", "Journalled", "committed_metadata"]

_log = logging.getLogger(__name__)


class Journalled(NamedTuple):
    """A journal record and the offset it stands at."""

    offset: int
    record: JournalRecord


def committed_metadata(record: JournalRecord, journal_offset: int) -> str:
    """Metadata committed with the group's offset; it identifies the turn in the journal."""
    return encode(
        {
            "generation": record.generation,
            "turn": record.turn,
            "chain": record.chain,
            "journal_offset": journal_offset,
        }
    ).decode()


class Journal:
    """Reads one partition of the journal.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        The journal's name on the broker.
    group : str
        Of the worker.
    partition : int
        The worker's own.
    """

    def __init__(self, bootstrap: str, topic: str, group: str, partition: int) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group
        self._partition = partition

    def _turn_of(self, record: Record) -> Journalled | None:
        turn = turn_of(record.key, record.value, self._group, self._partition)
        return None if turn is None else Journalled(record.offset, turn)

    def last(self) -> Journalled | None:
        """The last committed record. Call it after `init_transactions()`, when no earlier transaction is open."""
        found, passed_over = read_last(self._bootstrap, self._topic, self._partition, self._turn_of)
        if passed_over:
            where = f"{self._topic}/{self._partition}"
            _log.warning("%s: %d records at its end are not this worker's: passed over", where, passed_over)
        return found

    def since(self, offset: int) -> Iterator[Journalled]:
        """Every committed record from `offset` on, up to the end as it is now."""
        start, only = {self._partition: offset}, [self._partition]
        for record in read_to_end(self._bootstrap, self._topic, start=start, partitions=only):
            if (turn := self._turn_of(record)) is not None:
                yield turn
