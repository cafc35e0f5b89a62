"""A record that can't be used, as it goes to ``dead-letters``: the untouched bytes, and headers that say why."""

from __future__ import annotations

from typing import Final

from contracts.errors import BadRecord
from infra.kafka import OutgoingRecord, Record

__all__ = ["DETAIL_CHARACTERS", "dead_letter"]

# Kafka Connect's names, so that tools which know those show these.
_PREFIX: Final = "__connect.errors."
# A detail quotes the record at most a little: a letter must fit its topic.
DETAIL_CHARACTERS: Final = 512


def dead_letter(topic: str, record: Record, error: BadRecord, group: str) -> OutgoingRecord:
    """The letter for `record`, to the partition of the same number.

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
    said: dict[str, str] = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "stage": "VALUE_CONVERTER",
        "exception.class.name": error.reason,
        "exception.message": error.detail[:DETAIL_CHARACTERS],
        "group": group,
    }
    headers = [(_PREFIX + name, text.encode(errors="backslashreplace")) for name, text in said.items()]
    # kafka-python reads a header without a value as None, and can't write one.
    headers += [(name, value or b"") for name, value in record.headers]
    # A record without key and value could not be written at all.
    value = record.value if record.value is not None or record.key is not None else b""
    return OutgoingRecord(topic, record.partition, record.key, value, headers)
