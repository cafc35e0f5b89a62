"""A record that can't be used, as it goes to ``dead-letters``: the untouched bytes, and headers that say why."""

from __future__ import annotations

from contracts.dead_letters import letter_headers
from contracts.errors import BadRecord
from infra.kafka import OutgoingRecord, Record

__all__ = ["dead_letter"]


def dead_letter(topic: str, record: Record, error: BadRecord, group: str) -> OutgoingRecord:
    """The dead letter of `record`, for the partition of the same number.

    Parameters
    ----------
    topic : str
        Where dead letters go.
    record : Record
        What can't be used; its own headers are kept, behind ours.
    error : BadRecord
        Why.
    group : str
        Who could not use it.
    """
    headers = letter_headers(record.topic, record.partition, record.offset, error, group)
    # kafka-python reads a header without a value as None, and can't write one.
    headers += [(name, value or b"") for name, value in record.headers]
    # A record without key and value could not be written at all.
    value = record.value if record.value is not None or record.key is not None else b""
    return OutgoingRecord(topic, record.partition, record.key, value, headers)
