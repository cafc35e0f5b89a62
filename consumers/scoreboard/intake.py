"""The scoreboard's consumer: reads all partitions of its topics from given offsets, at an even pace.

Truth and outcomes of one partition are kept at about the same event time: the one that is ahead is paused. So few
records wait for their counterpart, also after one of the writers was down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from kafka import KafkaConsumer, TopicPartition

from consumers.scoreboard.fold import Input, State
from consumers.scoreboard.records import SOURCES, Kind
from consumers.scoreboard.store import At
from contracts.errors import ShopMismatch, Unreachable
from contracts.topics import topic_name
from infra.kafka import broker_answers, connect_consumer, topic_id

__all__ = ["NEW_SHOP", "TRUTH_AHEAD", "Intake", "held_back", "topic_names"]

NEW_SHOP: Final = "Start over with --fresh, or with an empty database."

TRUTH_AHEAD: Final = 50_000
"""Truths of one partition that may wait for their labels before its truth is read no further."""

_PAIR: Final[tuple[Kind, Kind]] = ("truth", "outcomes")
_FETCH_BYTES: Final = 8 * 1024 * 1024
# A board is looked at, not waited for: it took four times the processor time where each answer came at once.
_ENOUGH_BYTES: Final = 1_000_000
_GATHERED_MS: Final = 100
_SILENCE_S: Final = 5.0
_ANSWER_MS: Final = 5_000


def topic_names(namespace: str = "") -> dict[str, Kind]:
    """The topics that are read, by their names on the broker."""
    return {topic_name(topic, namespace): kind for kind, topic in SOURCES.items()}


def held_back(
    state: State,
    partition: int,
    held: Kind | None,
    truth_is_read: Callable[[], bool],
    *,
    truth_ahead: int = TRUTH_AHEAD,
) -> Kind | None:
    """Which of truth and outcomes of a partition must pause for now, if any.

    Parameters
    ----------
    state : State
        Of the fold.
    partition : int
        Which one.
    held : str, optional
        What is paused so far. It is resumed later than it is paused, because each change throws away what was fetched.
    truth_is_read : callable
        Whether the truth is read to its end: then nothing waits for it. Called only where it matters.
    truth_ahead : int
        See `TRUTH_AHEAD`.
    """
    settled_ms, truth_ms = state.settled_ms.get(partition, 0), state.truth_ms.get(partition, 0)
    truths = len(state.truths.get(partition, ()))
    if truth_ms > settled_ms and truths > (truth_ahead // 2 if held == "truth" else truth_ahead):
        return "truth"
    is_ahead = settled_ms >= truth_ms and bool(state.labels.get(partition))
    is_close = held == "outcomes" and truths < truth_ahead // 5
    return "outcomes" if (is_ahead or is_close) and not truth_is_read() else None


class Intake:
    """A consumer of all topics; blocking, for one thread.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    namespace : str
        Put before the names of topics.
    records : int
        The most that one `poll` returns.
    truth_ahead : int
        See `TRUTH_AHEAD`.

    Raises
    ------
    Unreachable
        If the broker does not answer, or a topic is not there yet.
    """

    def __init__(
        self, bootstrap: str, namespace: str = "", *, records: int = 5_000, truth_ahead: int = TRUTH_AHEAD
    ) -> None:
        self._bootstrap = bootstrap
        self._truth_ahead = truth_ahead
        self._kinds = topic_names(namespace)
        # Most of a prediction is features that aren't looked at: large fetches of them would only fill memory.
        self._consumer: KafkaConsumer = connect_consumer(
            bootstrap,
            max_poll_records=records,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_min_bytes=_ENOUGH_BYTES,
            fetch_max_wait_ms=_GATHERED_MS,
        )
        self._all: list[TopicPartition] = []
        self._held: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._heard_s = time.monotonic()
        try:
            with broker_answers(bootstrap):
                self.ids = {topic: topic_id(bootstrap, topic) for topic in self._existing()}
        except BaseException:
            self.close()
            raise

    def _existing(self) -> list[str]:
        for topic in self._kinds:
            if not self._consumer.partitions_for_topic(topic):
                msg = f"There is no topic {topic} at {self._bootstrap} yet."
                raise Unreachable(msg, hint="`freshet topics --create` makes all of them.")
        return list(self._kinds)

    def start(self, offsets: Mapping[At, tuple[str, int]]) -> dict[At, int]:
        """Begin to read at `offsets`, or at the start of the log where there is none.

        Returns
        -------
        dict
            The offset at which each partition begins now. It is past the one in `offsets` if the log was cut since.

        Raises
        ------
        ShopMismatch
            If an offset belongs to another log than the one on the broker, or to other topics.
        """
        if foreign := sorted({topic for topic, _ in offsets} - self._kinds.keys()):
            msg = f"The database holds the scores of other topics, {foreign[0]} among them."
            raise ShopMismatch(msg, hint=NEW_SHOP)
        at = [
            TopicPartition(topic, p)
            for topic in self._kinds
            for p in self._consumer.partitions_for_topic(topic)
        ]
        first, end = self._bounds(at)
        begun: dict[At, int] = {}
        for tp in at:
            before = offsets.get((tp.topic, tp.partition))
            if before is not None and (before[0] != self.ids[tp.topic] or before[1] > end[tp]):
                msg = (
                    f"{tp.topic}/{tp.partition} on the broker is not the log that was scored: it has the id "
                    f"{self.ids[tp.topic]} and ends at {end[tp]}; scored was {before[0]} up to {before[1]}."
                )
                raise ShopMismatch(msg, hint=NEW_SHOP)
            begun[tp.topic, tp.partition] = max(first[tp], before[1] if before else 0)
        self._all, self._held, self._ends = at, {}, dict(end)
        self._consumer.assign(at)
        for tp in at:
            self._consumer.seek(tp, begun[tp.topic, tp.partition])
        return begun

    def _bounds(
        self, at: list[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        with broker_answers(self._bootstrap):
            first = self._consumer.beginning_offsets(at, timeout_ms=_ANSWER_MS)
            return first, self._consumer.end_offsets(at, timeout_ms=_ANSWER_MS)

    def poll(self, timeout_s: float) -> list[Input]:
        """New records, up to a few thousand; truth before outcomes, in order within a partition.

        Raises
        ------
        Unreachable
            If nothing came for some seconds and the broker does not answer either.
        ShopMismatch
            If the log was cut or made again meanwhile.
        """
        # The log was cut, or is another one: told apart at the next start.
        with broker_answers(self._bootstrap):
            batches = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        now_s = time.monotonic()
        if batches:
            self._heard_s = now_s
            self._note_ends()
        elif now_s - self._heard_s > _SILENCE_S:
            # A consumer whose broker is gone is as silent as one that has read everything.
            _, self._ends = self._bounds(self._all)
            self._heard_s = now_s
        rank = list(SOURCES)
        by_rank = sorted(batches, key=lambda tp: (rank.index(self._kinds[tp.topic]), tp.partition))
        return [
            (self._kinds[tp.topic], tp.partition, r.offset, r.value) for tp in by_rank for r in batches[tp]
        ]

    def positions(self) -> dict[At, int]:
        """The next offset of each partition, also past the transaction markers at the end of the log."""
        return {(tp.topic, tp.partition): self._position(tp) for tp in self._all}

    def lag(self) -> dict[At, int]:
        """Records behind the end of each partition, from the broker's last answer; it sends no request.

        While records arrive, those of open transactions count; otherwise they do not, so that the lag reaches 0.
        """
        return {(tp.topic, tp.partition): max(0, self._ends[tp] - self._position(tp)) for tp in self._all}

    def _note_ends(self) -> None:
        for tp in self._all:
            end = None if tp in self._held else self._consumer.highwater(tp)
            if end is not None:
                self._ends[tp] = int(end)

    def pace(self, state: State) -> None:
        """Pause truth or outcomes, whichever is ahead, until the other has caught up."""
        pairs: dict[int, dict[Kind, TopicPartition]] = {}
        for tp in self._all:
            pairs.setdefault(tp.partition, {})[self._kinds[tp.topic]] = tp
        held = dict(self._held)
        for partition, pair in pairs.items():
            if not pair.keys() >= set(_PAIR):
                continue
            before: Kind | None = next((kind for kind in _PAIR if pair[kind] in held), None)
            is_read = partial(self._is_read, pair["truth"])
            now = held_back(state, partition, before, is_read, truth_ahead=self._truth_ahead)
            if before is not None and now != before:
                del held[pair[before]]
            if now is not None and now != before:
                held[pair[now]] = int(self._consumer.position(pair[now]))
        self._hold(held)

    def _hold(self, held: dict[TopicPartition, int]) -> None:
        # Not by `pause`: kafka-python 3.0.12 parks what it has fetched of a paused partition, and if it is resumed
        # while others flow it never gets back to it. Taken out of the assignment, it is fetched again later.
        if held.keys() == self._held.keys():
            return
        again = {tp: offset for tp, offset in self._held.items() if tp not in held}
        self._held = held
        self._consumer.assign([tp for tp in self._all if tp not in held])
        for tp, offset in again.items():
            self._consumer.seek(tp, offset)

    def _is_read(self, tp: TopicPartition) -> bool:
        _, end = self._bounds([tp])
        return self._position(tp) >= end[tp]

    def _position(self, tp: TopicPartition) -> int:
        return self._held[tp] if tp in self._held else int(self._consumer.position(tp, timeout_ms=_ANSWER_MS))

    def close(self) -> None:
        """Close all sockets."""
        self._consumer.close(autocommit=False, timeout_ms=_ANSWER_MS)
