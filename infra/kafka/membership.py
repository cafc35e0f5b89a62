"""Which partitions of a topic this process is to look after, among all that ask: membership in a consumer group."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError
from kafka.structs import MemberState

from contracts.errors import Unreachable
from infra.kafka.clients import connect_consumer
from infra.waiting import Waiting

__all__ = ["GroupMembership"]

# The least that a broker takes by default. A member that was killed is missed after this; one that leaves, at once.
_SESSION_TIMEOUT_MS: Final = 6_000
_HEARTBEAT_MS: Final = 1_500
_BACK_OFF_S: Final = 1.0
_JOIN_MS: Final = 2_000


class GroupMembership:
    """A member of a group that spreads the partitions of one topic over its members, and reads none of them.

    It says who should work, not who may: two can believe that they own a partition for a moment, and the
    transactional id decides. So where the broker is away, what was owned last still is.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    group : str
        Name of the group; not the one that commits offsets.
    topic : str
        Whose partitions are spread.
    waiting : Waiting
        Says where the broker is away.
    """

    def __init__(self, bootstrap: str, group: str, topic: str, waiting: Waiting) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topic = topic
        self._owned: frozenset[int] | None = None
        self._waiting = waiting
        self._retry_at_s = 0.0
        self._consumer: KafkaConsumer | None = None

    def owned(self, wait_s: float) -> frozenset[int] | None:
        """Take part for about `wait_s` seconds, then say which partitions are ours; None before the group has said.

        Call it often.
        """
        try:
            if self._consumer is None:
                if time.monotonic() < self._retry_at_s:
                    time.sleep(wait_s)
                    return self._owned
                self._consumer = self._join()
            # Records of a partition that has just come and is not paused yet are of no interest here.
            self._consumer.poll(timeout_ms=int(wait_s * 1000), max_records=1)
            mine = self._consumer.assignment()
            self._consumer.pause(*mine)
            # In the middle of joining nothing is assigned, and what was ours still is.
            if self._consumer.group_metadata().state is MemberState.STABLE:
                self._owned = frozenset(at.partition for at in mine)
                self._waiting.goes_on()
        except (KafkaError, Unreachable, OSError) as error:
            self._waiting.waits(f"The group {self._group} is out of reach: {error}")
            self._leave()
            self._retry_at_s = time.monotonic() + _BACK_OFF_S
        return self._owned

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._leave()

    def _join(self) -> KafkaConsumer:
        consumer = connect_consumer(
            self._bootstrap,
            group_id=self._group,
            # Nothing is read: where a position would be does not matter, and must not be an error.
            auto_offset_reset="latest",
            # Meanwhile nobody looks after the workers.
            bootstrap_timeout_ms=_JOIN_MS,
            session_timeout_ms=_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            # Who keeps a partition goes on with it while others move.
            partition_assignment_strategy=[CooperativeStickyAssignor],
        )
        consumer.subscribe([self._topic])
        return consumer

    def _leave(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError, OSError):  # it misses us after a session's time
                consumer.close(autocommit=False, timeout_ms=2_000)
