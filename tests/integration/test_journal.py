"""A stranger writes to a worker's journal: the worker finds its own turns all the same."""

from __future__ import annotations

from consumers.engine import Journal
from contracts.codec import encode
from contracts.journal import journal_key
from contracts.records import JournalRecord
from contracts.topics import JOURNAL, topic_name
from infra.kafka import connect_producer, ensure_topics
from tests.odd_records import broken

GROUP = "learner"


def turn(number: int, partition: int = 0, group: str = GROUP) -> bytes:
    return encode(
        JournalRecord(
            group=group,
            partition=partition,
            generation=1,
            turn=number,
            start=10 * (number - 1),
            end=10 * number,
            origin=0,
            chain=f"{number:032x}",
            topic_id="log",
            fingerprint="code",
        )
    )


def test_only_its_own_turns_are_believed(bootstrap: str, namespace: str) -> None:
    ensure_topics(bootstrap, 1, namespace=namespace, group=GROUP)
    topic, key = topic_name(JOURNAL, namespace, GROUP), journal_key(GROUP, 0)
    foreign = [
        (b"", turn(9)),
        (journal_key(GROUP, 1), turn(9)),
        (key, turn(9, partition=1)),
        (key, turn(9, group="other")),
        # A turn without a parent is one; the rest is none.
        *((key, odd.value) for odd in broken(JOURNAL) if odd.name != ".parent: left out"),
    ]
    journal = Journal(bootstrap, topic, GROUP, 0)
    with connect_producer(bootstrap) as producer:

        def send(records: list[tuple[bytes | None, bytes | None]]) -> None:
            for one, value in records:
                producer.send(topic, key=one, value=value, partition=0)
            producer.flush(timeout=30)

        send(foreign)
        assert journal.last() is None
        send([(key, turn(1)), *foreign, (key, turn(2)), *foreign])
    assert len(foreign) > 100  # more than a first look back reaches
    last = journal.last()
    assert last is not None
    assert (last.offset, last.record.turn) == (2 * len(foreign) + 1, 2)
    assert [one.record.turn for one in journal.since(0)] == [1, 2]
