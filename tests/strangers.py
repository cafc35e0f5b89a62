"""A stranger's records for all topics that only Freshet writes to, and how they get there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from contracts.journal import journal_key
from contracts.topics import DEAD_LETTERS, JOURNAL, PRODUCT_EVENTS, Topic, topic_name
from infra.kafka import connect_producer
from tests.odd_records import WRITTEN_BY_US, strange
from tests.waiting import DEADLINE_S

__all__ = ["StrangeRecord", "corpus_for", "feed"]

_COMPACTED: Final = (JOURNAL, PRODUCT_EVENTS)


class StrangeRecord(NamedTuple):
    """One of them."""

    topic: Topic
    key: bytes | None
    value: bytes | None


def corpus_for(group: str) -> list[StrangeRecord]:
    """All of them; those for the journal under the key of the group's first worker, too."""
    found: list[StrangeRecord] = []
    for topic in WRITTEN_BY_US:
        own = journal_key(group, 0) if topic is JOURNAL else b"conversion"
        for number, (_, _, value) in enumerate(strange(topic)):
            # A compacted topic takes no record without a key.
            keys = [own, b"\xff\x00", own if topic in _COMPACTED or value is None else None]
            found.append(StrangeRecord(topic, keys[number % 3], value))
    return found + [StrangeRecord(DEAD_LETTERS, b"k", value) for value in (b"", b"\xff", b"{}", None)]


def feed(bootstrap: str, group: str, odd: Iterable[StrangeRecord], namespace: str = "") -> dict[str, int]:
    """Send them to partition 0; the end of that partition, by the topic's name on the broker."""
    with connect_producer(bootstrap) as producer:
        sent = [
            producer.send(topic_name(topic, namespace, group), key=key, value=value, partition=0)
            for topic, key, value in odd
        ]
        producer.flush()
        stand = [future.get(timeout=DEADLINE_S) for future in sent]
    return {at.topic: at.offset + 1 for at in stand}
