"""Transactions through kafka-python: see `infra.kafka.ports.Transactions`."""

from __future__ import annotations

from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError, ProducerFencedError
from kafka.structs import OffsetAndMetadata

from contracts.errors import Unreachable
from infra.kafka.clients import connect_producer
from infra.kafka.ports import Committed, OutgoingRecord

__all__ = ["KafkaTransactions"]


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
    """

    def __init__(
        self, bootstrap: str, transactional_id: str, *, transaction_timeout_ms: int, delivery_timeout_ms: int
    ) -> None:
        if delivery_timeout_ms >= transaction_timeout_ms:
            message = (
                f"delivery_timeout_ms must be less than transaction_timeout_ms ({transaction_timeout_ms}). "
                f"Got {delivery_timeout_ms}."
            )
            raise ValueError(message)
        linger_ms = min(1_000, delivery_timeout_ms // 4)
        self._futures: list[Any] = []
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
