"""A simulated shop on the broker, with what its learners write: what the ETL is measured on."""

from __future__ import annotations

from collections import Counter
from typing import Final

from consumers.learner import LearnerFold
from contracts.settings import Settings
from contracts.topics import USER_EVENTS
from infra.kafka import Record, connect_producer, ensure_topics
from producers.simulator import Scenario, Simulator

PARTITIONS: Final = 2


def publish(settings: Settings, events: int) -> None:
    """Put a simulated shop on the broker, and what one learner a partition writes."""
    ensure_topics(settings.bootstrap, PARTITIONS, namespace=settings.namespace)
    folds = [LearnerFold(partition) for partition in range(PARTITIONS)]
    ends: Counter[int] = Counter()
    with connect_producer(settings.bootstrap) as producer:

        def send(topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
            producer.send(settings.namespace + topic, value=value, key=key, partition=partition)

        for e in Simulator(Scenario(seed=5, events=events, partitions=PARTITIONS)):
            key = e.key.encode()
            send(e.topic, e.partition, key, e.value)
            if e.topic != USER_EVENTS.name:
                continue
            record = Record(e.topic, e.partition, ends[e.partition], 0, key, e.value, ())
            ends[e.partition] += 1
            fold = folds[e.partition]
            for out in fold.outgoing(fold.step(record).outputs, record, 5):
                send(out.topic, out.partition, out.key, out.value)
        producer.flush()
