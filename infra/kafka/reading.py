"""Reading topics: to their end as it is now, their last record, or for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from kafka import KafkaConsumer, TopicPartition

from contracts.errors import Unreachable
from infra.kafka.away import broker_answers
from infra.kafka.clients import connect_consumer
from infra.kafka.ports import Record

__all__ = ["log_range", "offsets_from", "read_last", "read_to_end", "tail"]

T = TypeVar("T")

_POLL_MS = 200
# How far back `read_last` looks at first: a turn's marker and a few aborted attempts take offsets of their own.
_LOOK_BACK = 64
_SILENCE_S: Final = 5.0
_ANSWER_MS: Final = 5_000


@contextmanager
def _consumer(bootstrap: str, **tuning: Any) -> Iterator[KafkaConsumer]:
    """A consumer within the guard: whatever it is asked for and does not get is `Unreachable`."""
    with broker_answers(bootstrap), connect_consumer(bootstrap, **tuning) as consumer:
        yield consumer


def _partitions_of(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    partitions = consumer.partitions_for_topic(topic)
    if not partitions:
        message = f"The topic {topic} must exist. There is none of that name on the broker."
        raise Unreachable(message, hint="`freshet topics --create` makes all of them.")
    return [TopicPartition(topic, p) for p in sorted(partitions)]


def _as_record(r: Any) -> Record:
    return Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))


def log_range(bootstrap: str, topic: str, *, isolation: str = "read_committed") -> dict[int, tuple[int, int]]:
    """First offset and end of every partition of `topic`.

    Under ``read_committed`` the end is the last stable offset: what lies behind it belongs to open transactions.
    """
    with _consumer(bootstrap, isolation=isolation) as consumer:
        at = _partitions_of(consumer, topic)
        start, end = consumer.beginning_offsets(at), consumer.end_offsets(at)
        return {tp.partition: (int(start[tp]), int(end[tp])) for tp in at}


def offsets_from(bootstrap: str, topic: str, times_ms: Mapping[int, int]) -> dict[int, int]:
    """By partition, the first offset that was appended at a time of the broker's clock or after; else the end."""
    with _consumer(bootstrap) as consumer:
        at = {
            tp: times_ms[tp.partition] for tp in _partitions_of(consumer, topic) if tp.partition in times_ms
        }
        found, ends = consumer.offsets_for_times(at), consumer.end_offsets(list(at))
        return {tp.partition: int(ends[tp] if found[tp] is None else found[tp].offset) for tp in at}


def _drain(consumer: KafkaConsumer, end: Mapping[TopicPartition, int]) -> Iterator[Record]:
    """Records of all assigned partitions below `end`; each partition is paused when it is through."""
    left = {tp for tp, until in end.items() if consumer.position(tp, timeout_ms=_ANSWER_MS) < until}
    heard_s = time.monotonic()
    for tp in set(end) - left:
        consumer.pause(tp)
    while left:
        for tp, batch in consumer.poll(timeout_ms=_POLL_MS).items():
            for r in batch:
                if r.offset < end[tp]:
                    yield _as_record(r)
            heard_s = time.monotonic()
        if time.monotonic() - heard_s > _SILENCE_S:
            # A consumer whose broker is gone is silent for ever.
            consumer.end_offsets(list(left), timeout_ms=_ANSWER_MS)
            heard_s = time.monotonic()
        # The position passes markers of transactions, which are never returned.
        for tp in [tp for tp in left if consumer.position(tp, timeout_ms=_ANSWER_MS) >= end[tp]]:
            left.discard(tp)
            consumer.pause(tp)


def read_to_end(
    bootstrap: str,
    topic: str,
    *,
    start: Mapping[int, int] | None = None,
    partitions: Sequence[int] | None = None,
    isolation: str = "read_committed",
) -> Iterator[Record]:
    """Every record of `topic` up to the end as it is at the call; in order within a partition.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        Name on the broker.
    start : mapping of int to int, optional
        First offset of each partition; where none is given, or it lies before the log, the log's first.
    partitions : sequence of int, optional
        Only these.
    isolation : str
        ``read_uncommitted`` also yields what aborted transactions wrote.
    """
    with _consumer(bootstrap, isolation=isolation, max_poll_records=5_000) as consumer:
        at = [
            tp for tp in _partitions_of(consumer, topic) if partitions is None or tp.partition in partitions
        ]
        if not at:
            return
        first, end = consumer.beginning_offsets(at), consumer.end_offsets(at)
        consumer.assign(at)
        for tp in at:
            consumer.seek(tp, max(first[tp], (start or {}).get(tp.partition, 0)))
        yield from _drain(consumer, end)


def read_last(
    bootstrap: str, topic: str, partition: int, pick: Callable[[Record], T | None]
) -> tuple[T | None, int]:
    """What `pick` makes of the last committed record of a partition that it wants: of others it makes None.

    Returns
    -------
    found : T or None
        None where it wants none of them.
    passed_over : int
        How many committed records lie behind it.
    """
    with _consumer(bootstrap) as consumer:
        at = TopicPartition(topic, partition)
        _partitions_of(consumer, topic)
        first, end = int(consumer.beginning_offsets([at])[at]), int(consumer.end_offsets([at])[at])
        consumer.assign([at])
        back = _LOOK_BACK
        while True:
            begin = max(first, end - back)
            consumer.resume(at)
            consumer.seek(at, begin)
            last, passed_over = None, 0
            for record in _drain(consumer, {at: end}):
                if (found := pick(record)) is not None:
                    last, passed_over = found, 0
                else:
                    passed_over += 1
            if last is not None or begin == first:
                return last, passed_over
            back *= 8


def tail(bootstrap: str, topic: str, *, from_beginning: bool = False) -> Iterator[Record | None]:
    """Records as they are committed, for ever; None whenever nothing came for a moment.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topic : str
        Name on the broker.
    from_beginning : bool
        Start with what is there already, else with what comes.
    """
    with _consumer(bootstrap) as consumer:
        at = _partitions_of(consumer, topic)
        offsets = consumer.beginning_offsets(at) if from_beginning else consumer.end_offsets(at)
        consumer.assign(at)
        for tp in at:
            consumer.seek(tp, offsets[tp])
        while True:
            batches = consumer.poll(timeout_ms=_POLL_MS)
            if not batches:
                yield None
            for batch in batches.values():
                yield from map(_as_record, batch)
