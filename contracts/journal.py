"""Keys of journal records: compaction keeps the last record of each key, and a worker believes only its own."""

from __future__ import annotations

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.records import JournalRecord
from contracts.topics import JOURNAL

__all__ = ["journal_key", "turn_of"]


def journal_key(group: str, partition: int) -> bytes:
    """Key of the records of one worker.

    Examples
    --------
    >>> journal_key("learner", 1)
    b'learner-1'
    """
    return f"{group}-{partition}".encode()


def turn_of(key: bytes | None, value: bytes | None, group: str, partition: int) -> JournalRecord | None:
    """The turn in a record of the journal's `partition`; None if the record is not this worker's.

    Parameters
    ----------
    key, value : bytes or None
        As on the topic.
    group : str
        Of the worker.
    partition : int
        Of the journal, which is that of the worker.
    """
    if key != journal_key(group, partition):
        return None
    try:
        turn: JournalRecord = decode(JOURNAL, value)
    except BadRecord:
        return None
    return turn if (turn.group, turn.partition) == (group, partition) else None
