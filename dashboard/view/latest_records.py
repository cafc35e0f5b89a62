"""The newest records of a topic, without reading what lies before them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kafka import TopicPartition

from infra.kafka import Record, connect_consumer

__all__ = ["LatestRecords"]

_POLL_MS = 200


class LatestRecords:
    """Looks at the end of topics; keeps its connection between looks.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    within_s : float
        What a look has not seen by then is left to the next.
    """

    def __init__(self, bootstrap: str, *, within_s: float = 5.0) -> None:
        self._within_s = within_s
        # Small fetches: at full speed a look at the end must not turn into reading along.
        self._consumer: Any = connect_consumer(
            bootstrap, max_partition_fetch_bytes=64 * 1024, max_poll_records=500
        )
        self._seen: dict[str, dict[int, int]] = {}

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close(autocommit=False)

    def partitions(self, topic: str) -> list[int]:
        """Partitions of `topic`; none if there is no such topic."""
        return sorted(self._consumer.partitions_for_topic(topic) or ())

    def ends(self, topic: str) -> dict[int, int]:
        """End of each partition: the last stable offset."""
        at = [TopicPartition(topic, p) for p in self.partitions(topic)]
        return {tp.partition: int(end) for tp, end in self._consumer.end_offsets(at).items()} if at else {}

    def newest(self, topic: str, count: int) -> list[Record]:
        """The last records of each partition, about `count`: markers of transactions take offsets, too."""
        return self._read(topic, lambda first, end: max(first, end - count))

    def since_last_look(self, topic: str, count: int | None = None) -> list[Record]:
        """What came since the last call for `topic`; at the first, all of it or about the last `count`."""
        seen = self._seen.setdefault(topic, {})
        return self._read(topic, lambda first, end: first if count is None else max(first, end - count), seen)

    def _read(
        self, topic: str, begin: Callable[[int, int], int], seen: dict[int, int] | None = None
    ) -> list[Record]:
        at = [TopicPartition(topic, p) for p in self.partitions(topic)]
        if not at:
            return []
        firsts, ends = self._consumer.beginning_offsets(at), self._consumer.end_offsets(at)
        starts = {}
        for tp in at:
            start = begin(firsts[tp], ends[tp])
            starts[tp] = max(firsts[tp], (seen or {}).get(tp.partition, start))
        at = [tp for tp in at if starts[tp] < ends[tp]]
        self._consumer.assign(at)
        for tp in at:
            self._consumer.seek(tp, starts[tp])
        found: list[Record] = []
        left = set(at)
        deadline = time.monotonic() + self._within_s
        while left and time.monotonic() < deadline:
            for batch in self._consumer.poll(timeout_ms=_POLL_MS).values():
                found.extend(
                    Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
                    for r in batch
                )
            left = {tp for tp in left if self._consumer.position(tp) < ends[tp]}
        if seen is not None:
            seen.update({tp.partition: int(self._consumer.position(tp)) for tp in at})
        return found
