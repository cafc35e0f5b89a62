"""What a producer is about to send: one record for one partition."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Emission"]


class Emission(NamedTuple):
    """One record of a ``shop.*`` topic.

    Parameters
    ----------
    topic : str
        Its topic.
    key : str
        Its key.
    partition : int
        Where it goes: worked out by `contracts.partitioner`, or each in turn for what all must know.
    value : bytes
        UTF-8 JSON.
    event_id, event_type, time_ms, source
        For the CloudEvents headers and for pacing; the value says the same.
    counts : bool
        True for a user's own event, of which ``--events`` and ``--rate`` count; false for ticks, copies
        of product events and truth.
    """

    topic: str
    key: str
    partition: int
    value: bytes
    event_id: str
    event_type: str
    time_ms: int
    source: str
    counts: bool
