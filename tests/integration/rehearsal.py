"""A learner that runs in the test's own process, and copies of its topics in which something was tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from consumers.audit import AuditReport, audit
from consumers.engine import (
    Fold,
    Identity,
    Journal,
    Ports,
    Repairs,
    SnapshotPolicy,
    Worker,
    committed_metadata,
)
from consumers.learner import GroupOffset, LearnerFold
from contracts.errors import BadRecord
from contracts.records import JournalRecord
from contracts.topics import (
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    MODELS,
    OUTCOMES,
    PREDICTIONS,
    USER_EVENTS,
    Topic,
    topic_name,
)
from infra.kafka import (
    Committed,
    KafkaPartitionLog,
    KafkaTransactions,
    Record,
    connect_producer,
    ensure_topics,
    group_offset,
    log_range,
    read_to_end,
    restore_offset,
    topic_id,
)
from infra.postgres import Snapshot
from infra.signatures import Signatures
from models.serving import BatchModels, NoBatchModels

GROUP = "learner"
COPIED = (USER_EVENTS, PREDICTIONS, FEATURES, OUTCOMES, DEAD_LETTERS, MODELS, JOURNAL)
Progress = Callable[[int, int, int], None]
Tamper = Callable[[Topic, list[Record]], list[Record]]


@dataclass
class MemorySnapshots:
    """Snapshots that need no signature, for they never leave the process."""

    kept: list[Snapshot] = field(default_factory=list)

    def save(self, snapshot: Snapshot) -> None:
        self.kept.append(snapshot)

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        for snapshot in reversed(self.kept):
            if (snapshot.group, snapshot.partition, snapshot.topic_id) == (group, partition, topic_id):
                yield snapshot


@dataclass
class Skipping:
    """A learner with a bug: it passes one record over."""

    fold: Fold
    offset: int

    @property
    def fingerprint(self) -> str:
        return self.fold.fingerprint

    def step(self, record: Record) -> Any:
        if record.offset == self.offset:
            raise Passed
        return self.fold.step(record)

    def complete(self) -> Any:
        return self.fold.complete()

    def opening(self) -> Any:
        return self.fold.opening()

    def outgoing(self, outputs: Any, record: Record, now_ms: int) -> Any:
        return self.fold.outgoing(outputs, record, now_ms)

    def snapshot(self) -> bytes:
        return self.fold.snapshot()

    def restore(self, payload: bytes) -> None:
        self.fold.restore(payload)


class Passed(BadRecord):
    """Makes the engine believe that a record can't be used."""

    def __init__(self) -> None:
        super().__init__("not-an-event", "passed over")


@dataclass
class Rehearsal:
    """One shop in a namespace of its own."""

    bootstrap: str
    namespace: str
    partitions: int = 1
    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    batch_models: BatchModels = field(default_factory=NoBatchModels)
    signatures: Signatures | None = None

    def __post_init__(self) -> None:
        ensure_topics(self.bootstrap, self.partitions, namespace=self.namespace, group=GROUP)

    def name(self, topic: Topic) -> str:
        return topic_name(topic, self.namespace, GROUP)

    def publish(self, values: Iterable[bytes | None], partition: int = 0) -> None:
        records = [Record("", partition, 0, 0, b"k", value, ()) for value in values]
        self._send(USER_EVENTS, records)

    def _send(self, topic: Topic, records: Iterable[Record]) -> None:
        with connect_producer(self.bootstrap, max_request_size=4 * 1024 * 1024) as producer:
            sent = [
                producer.send(
                    self.name(topic), value=r.value, key=r.key, headers=list(r.headers), partition=r.partition
                )
                for r in records
            ]
            producer.flush()
            for future in sent:
                future.get(timeout=30)

    def records(self, topic: Topic) -> list[Record]:
        return list(read_to_end(self.bootstrap, self.name(topic)))

    def fold(self, partition: int) -> LearnerFold:
        return LearnerFold(
            partition, namespace=self.namespace, batch_models=self.batch_models, signatures=self.signatures
        )

    def learn(
        self,
        fold: Fold | None = None,
        *,
        turn: int = 200,
        partition: int = 0,
        every_events: int = 500,
        untrained: bool = False,
    ) -> None:
        """Run the real engine until it has done all that is on the log now."""
        main = self.name(USER_EVENTS)
        end = log_range(self.bootstrap, main)[partition][1]
        fold = fold or self.fold(partition)
        identity = Identity(
            GROUP,
            partition,
            main,
            topic_id(self.bootstrap, main),
            self.name(JOURNAL),
            self.name(DEAD_LETTERS),
        )
        log = KafkaPartitionLog(self.bootstrap, main, partition, max_poll_records=turn)
        ports = Ports(
            log=log,
            journal=Journal(self.bootstrap, identity.journal_topic, identity.group, partition),
            offsets=GroupOffset(self.bootstrap, GROUP, main, partition),
            snapshots=self.snapshots,
            transactions=self.transactions(partition),
        )
        worker = Worker(
            identity,
            ports,
            fold,
            policy=SnapshotPolicy(3600.0, every_events),
            timeout_s=30.0,
            repairs=Repairs(untrained=untrained),
        )
        worker.run(lambda: log.position() >= end, lambda _position: None)
        worker.close()
        # The broker answers a commit before all of it can be seen; the next owner is let in only then.
        successor = self.transactions(partition)
        successor.init()
        successor.close()

    def transactions(self, partition: int = 0) -> KafkaTransactions:
        return KafkaTransactions(
            self.bootstrap,
            f"{self.namespace}{GROUP}-{partition}",
            transaction_timeout_ms=30_000,
            delivery_timeout_ms=20_000,
        )

    def audit(
        self, fold: Callable[[int], Fold] | None = None, progress: Progress = lambda *_: None
    ) -> AuditReport:
        return audit(
            self.bootstrap,
            group=GROUP,
            namespace=self.namespace,
            fold=fold or self.fold,
            snapshots=lambda partition, log: self.snapshots.newest(GROUP, partition, log),
            signatures=self.signatures,
            progress=progress,
        )

    def copy(self, namespace: str, tamper: Tamper) -> Rehearsal:
        """All topics again under other names, each as `tamper` leaves it; journal and offset made to fit."""
        copied = replace(self, namespace=namespace, snapshots=MemorySnapshots())
        log_id = topic_id(self.bootstrap, copied.name(USER_EVENTS))
        main = self.name(USER_EVENTS)
        for topic in COPIED:
            records = tamper(topic, self.records(topic))
            if topic is JOURNAL:
                records = [
                    r._replace(value=json.dumps(json.loads(r.value or b"") | {"topic_id": log_id}).encode())
                    for r in records
                ]
            if topic is DEAD_LETTERS:
                records = [
                    r._replace(
                        headers=tuple(
                            (n, copied.name(USER_EVENTS).encode() if v == main.encode() else v)
                            for n, v in r.headers
                        )
                    )
                    for r in records
                ]
            copied._send(topic, records)
        for partition in range(self.partitions):
            last = [r for r in copied.records(JOURNAL) if r.partition == partition][-1]
            entry = json.loads(last.value or b"")
            entry.pop("parent")
            committed = Committed(entry["end"], committed_metadata(JournalRecord(**entry), last.offset))
            restore_offset(self.bootstrap, GROUP, copied.name(USER_EVENTS), partition, committed)
        return copied

    def committed(self, partition: int = 0) -> Committed | None:
        return group_offset(self.bootstrap, GROUP, self.name(USER_EVENTS), partition)
