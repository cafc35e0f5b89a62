"""Transactions through kafka-python: see `infra.kafka.ports.Transactions`."""

from __future__ import annotations

import logging
from typing import Any, Final, NamedTuple

from kafka import TopicPartition
from kafka.errors import KafkaError, ProducerFencedError
from kafka.structs import OffsetAndMetadata

from contracts.errors import Unreachable
from infra.kafka.clients import connect_consumer, connect_producer
from infra.kafka.ports import Committed, OutgoingRecord

__all__ = ["KafkaTransactions", "Own"]

_log = logging.getLogger(__name__)
_ABORT_S: Final = 30.0


class Own(NamedTuple):
    """What one transactional id writes: `partition` of each of `topics` alone, and `shared_topics` beside others."""

    partition: int
    topics: tuple[str, ...]
    shared_topics: tuple[str, ...]
    group: str
    input_topic: str


class KafkaTransactions:
    """A transactional producer of kafka-python.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    transactional_id : str
        Who this is: the newest with this id fences all before.
    transaction_timeout_ms : int
        After this the broker aborts a transaction that is still open.
    delivery_timeout_ms : int
        After this a record counts as lost; must be less than `transaction_timeout_ms`.
    own : Own, optional
        What only this writer writes to, so that `init` can settle what the broker left open there.
    """

    def __init__(
        self,
        bootstrap: str,
        transactional_id: str,
        *,
        transaction_timeout_ms: int,
        delivery_timeout_ms: int,
        own: Own | None = None,
    ) -> None:
        if delivery_timeout_ms >= transaction_timeout_ms:
            message = (
                f"delivery_timeout_ms must be less than transaction_timeout_ms ({transaction_timeout_ms}). "
                f"Got {delivery_timeout_ms}."
            )
            raise ValueError(message)
        linger_ms = min(1_000, delivery_timeout_ms // 4)
        self._futures: list[Any] = []
        self._bootstrap = bootstrap
        self._own = own
        self._producer = connect_producer(
            bootstrap,
            transactional_id=transactional_id,
            transaction_timeout_ms=transaction_timeout_ms,
            delivery_timeout_ms=delivery_timeout_ms,
            # The client demands that linger and request fit into the delivery timeout.
            request_timeout_ms=min(30_000, delivery_timeout_ms - linger_ms),
            # A turn's records leave when it is flushed, which does not wait for the linger. Until then the sender
            # thread would only fight with the sends for the interpreter's lock.
            linger_ms=linger_ms,
            # A dead letter is its record, which may have the greatest size allowed, and its headers.
            max_request_size=2 * 1024 * 1024,
            # After a commit the next transaction may be told CONCURRENT_TRANSACTIONS. At the default of 100 ms
            # the p99 of the whole way was 126 ms at 1,000 events/s, at 5 ms it was 21 ms.
            retry_backoff_ms=5,
        )

    def init(self) -> None:
        """Take ownership."""
        try:
            self._producer.init_transactions()
        except KafkaError as error:
            message = f"The broker did not hand over the transactional id ({type(error).__name__}: {error})."
            raise Unreachable(message) from error
        if self._own is not None and (still_open := self._still_open(self._own)):
            self._abort(self._own, still_open)

    def _still_open(self, own: Own) -> list[TopicPartition]:
        """Partitions with records of an earlier transaction that has neither been committed nor aborted.

        There must be none once ownership is taken. But a Kafka that stops or dies while a transaction is being
        committed can take partitions that have no leader at that instant for deleted, and the transaction for done
        without its markers (4.3.1; see ADR 0001). Nobody who reads committed records has seen those records. Left
        alone they would be committed by our own next marker, after we had done the same turn again.
        """
        ends = []
        for isolation in ("read_committed", "read_uncommitted"):
            with connect_consumer(self._bootstrap, isolation=isolation) as consumer:
                at = [TopicPartition(topic, own.partition) for topic in own.topics]
                at += [
                    TopicPartition(topic, p)
                    for topic in own.shared_topics
                    for p in sorted(consumer.partitions_for_topic(topic) or ())
                ]
                ends.append(consumer.end_offsets(at))
        stable, last = ends
        found = [tp for tp in last if stable[tp] < last[tp]]
        # In a topic that others write to, what is open may be theirs, and on its way.
        return found if any(tp.topic in own.topics for tp in found) else []

    def _abort(self, own: Own, still_open: list[TopicPartition]) -> None:
        """Abort a transaction of our own in the same places: its markers settle the earlier one with it."""
        _log.warning("a transaction was left open by the broker and is aborted: %s", still_open)
        self.begin()
        for tp in still_open:
            self.send(OutgoingRecord(tp.topic, tp.partition, b"aborted", b"", []))
        self.flush(_ABORT_S)
        self.commit_offset(own.group, own.input_topic, own.partition, Committed(0, ""))
        self._producer.abort_transaction()

    def begin(self) -> None:
        """Open a transaction."""
        self._futures.clear()
        self._producer.begin_transaction()

    def send(self, record: OutgoingRecord) -> None:
        """Hand a record over."""
        self._futures.append(
            self._producer.send(
                record.topic,
                value=record.value,
                key=record.key,
                headers=record.headers,
                partition=record.partition,
            )
        )

    def flush(self, timeout_s: float) -> int | None:
        """Wait until every record is written, and check each of them.

        A commit can succeed although a record was lost after `delivery_timeout_ms`: only its future tells.
        """
        self._producer.flush(timeout=timeout_s)
        last = None
        for future in self._futures:
            last = future.get(timeout=timeout_s)
        return None if last is None else int(last.offset)

    def commit_offset(self, group: str, topic: str, partition: int, committed: Committed) -> None:
        """Put the group's offset into the transaction."""
        at = OffsetAndMetadata(committed.offset, committed.metadata, -1)
        self._producer.send_offsets_to_transaction({TopicPartition(topic, partition): at}, group)

    def commit(self) -> None:
        """Commit."""
        self._producer.commit_transaction()

    def close(self) -> None:
        """Let go of all sockets, without waiting for what is open."""
        self._producer.close(timeout=0)

    @staticmethod
    def is_fenced(error: BaseException) -> bool:
        """Whether `error` says that a newer owner of the transactional id exists.

        kafka-python raises the broker's word as such, or inside a plain `KafkaError` at the next call. An
        `InvalidProducerEpochError` alone also follows a transaction that timed out: then a new process may go on.
        """
        return any(isinstance(found, ProducerFencedError) for found in (error, *error.args))
