"""The journal of one worker: one record a transaction, the authority at recovery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from contracts.errors import StateLost
from contracts.records import JournalRecord
from infra.kafka import Record, read_last, read_to_end

__all__ = ["Journal", "Journalled", "committed_metadata", "journal_key"]

_decoder = msgspec.json.Decoder(JournalRecord)


class Journalled(NamedTuple):
    """A journal record and the offset it stands at."""

    offset: int
    record: JournalRecord


def journal_key(group: str, partition: int) -> bytes:
    """Key of a worker's records: compaction keeps the last of each for ever."""
    return f"{group}-{partition}".encode()


def committed_metadata(record: JournalRecord, journal_offset: int) -> str:
    """What is committed with the group's offset: enough to find this very turn in the journal."""
    return msgspec.json.encode(
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
    partition : int
        The worker's own: nobody else writes to it.
    """

    def __init__(self, bootstrap: str, topic: str, partition: int) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._partition = partition

    def _decode(self, record: Record) -> Journalled:
        try:
            return Journalled(record.offset, _decoder.decode(record.value or b""))
        except msgspec.MsgspecError as error:
            where = f"{self._topic}/{self._partition} at offset {record.offset}"
            message = f"{where} must hold a journal record. It does not: {error}."
            hint = "Nobody but the worker may write to its journal. Start over with --fresh."
            raise StateLost(
                message, topic=self._topic, partition=self._partition, offset=record.offset, hint=hint
            ) from error

    def last(self) -> Journalled | None:
        """The last committed record. Call it after `init_transactions()`: then none is on its way any more."""
        record = read_last(self._bootstrap, self._topic, self._partition)
        return None if record is None else self._decode(record)

    def since(self, offset: int) -> Iterator[Journalled]:
        """Every committed record from `offset` on, up to the end as it is now."""
        yield from map(
            self._decode,
            read_to_end(
                self._bootstrap, self._topic, start={self._partition: offset}, partitions=[self._partition]
            ),
        )
