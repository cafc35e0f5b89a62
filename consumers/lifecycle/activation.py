"""ModelActivated in every partition of the main input, by one transaction: all learners see it, or none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from contracts.bounds import Stage
from contracts.codec import decode_user_event, encode
from contracts.errors import BadRecord, Fenced, FreshetError, Unreachable
from contracts.events import ModelActivated
from contracts.records import ModelChanged
from contracts.topics import MODELS, USER_EVENTS, topic_name
from infra.kafka import KafkaTransactions, OutgoingRecord, Record, log_range, read_to_end
from infra.signatures import Signatures

__all__ = ["FAULT_POINTS", "Activations", "Move"]

FAULT_POINTS = ("after begin", "after flush", "after commit")
"""Where a test may end the process; the first is the row in Postgres, the others belong to the transaction."""

# While it is open, learners stand still at it: whoever is killed with it open holds them up no longer than this and
# the 10 s after which the broker looks again for what has timed out.
_TRANSACTION_MS: Final = 10_000
_DECIDED_S: Final = 30.0
_SOURCE: Final = "freshet"
_LOOK_BACK: Final = 64
_LOOK_AGAIN_S: Final = 0.05
_BEFORE_ALL: Final = "2000-01-01T00:00:00.000Z"


class Move(NamedTuple):
    """The stage that a model gets."""

    model: str
    version: str
    digest: str
    stage: Stage


class Activations:
    """The only writer of ModelActivated in a namespace.

    A newer one fences all earlier ones. Creating it also ends the transaction that an earlier one left open. What is
    not on the log then will never be there.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    namespace : str
        Put before the names of topics.
    signatures : Signatures
        Sign what is written, and verify what was.
    fault : callable
        Called with `FAULT_POINTS`.
    """

    def __init__(
        self,
        bootstrap: str,
        namespace: str,
        signatures: Signatures,
        fault: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self._bootstrap = bootstrap
        self._main = topic_name(USER_EVENTS, namespace)
        self._models = topic_name(MODELS, namespace)
        self._signatures = signatures
        self._fault = fault
        self._transactions = KafkaTransactions(
            bootstrap,
            f"{namespace}activation",
            transaction_timeout_ms=_TRANSACTION_MS,
            delivery_timeout_ms=_TRANSACTION_MS * 3 // 4,
        )
        self._transactions.init()

    def close(self) -> None:
        """Close all sockets."""
        self._transactions.close()

    def log_ends(self) -> dict[int, int]:
        """The end of the log now, by partition."""
        return {partition: end for partition, (_, end) in log_range(self._bootstrap, self._main).items()}

    def write(self, changed: ModelChanged, moves: Iterable[Move]) -> None:
        """Write `moves` to every partition and `changed` to the audit trail, in one transaction.

        Raises
        ------
        FreshetError
            If a newer writer has taken over: nothing was written then.
        """
        times = self._times()
        try:
            self._transactions.begin()
            for number, move in enumerate(moves):
                for partition, time in times.items():
                    self._transactions.send(self._record(changed, number, move, partition, time))
            key = changed.task.encode()
            self._transactions.send(OutgoingRecord(self._models, 0, key, encode(changed), []))
            self._transactions.flush(_TRANSACTION_MS / 1000)
            self._fault("after flush")
            self._transactions.commit()
        except Exception as error:
            if self._transactions.is_fenced(error):
                message = "Another change of models was begun meanwhile, and has taken this one's place."
                raise Fenced(
                    message, topic=self._main, partition=0, hint="Look with `freshet why`, and try again."
                ) from error
            raise
        self._fault("after commit")

    def _record(
        self, changed: ModelChanged, number: int, move: Move, partition: int, time: str
    ) -> OutgoingRecord:
        event = ModelActivated(
            id=f"{changed.change}-{partition}-{number}",
            time=time,
            source=_SOURCE,
            task=changed.task,
            model=move.model,
            version=move.version,
            stage=move.stage,
            digest=move.digest,
            change=changed.change,
        )
        event = self._signatures.signed(event, partition)
        headers = [
            ("content-type", b"application/json"),
            ("ce_specversion", b"1.0"),
            ("ce_type", b"ModelActivated"),
            ("ce_source", _SOURCE.encode()),
            ("ce_id", event.id.encode()),
            ("ce_time", time.encode()),
        ]
        return OutgoingRecord(self._main, partition, changed.task.encode(), encode(event), headers)

    def _times(self) -> dict[int, str]:
        """An event time that each partition's clock has passed.

        It is the earliest among the newest records: the newest record alone may be a bad one from the future; with its
        time, our record would be a dead letter, too.
        """
        ends = self.log_ends()
        found: dict[int, str] = {}
        start = {partition: end - _LOOK_BACK for partition, end in ends.items()}
        for record in read_to_end(self._bootstrap, self._main, start=start):
            try:
                time = decode_user_event(record.value)[0].time
            except BadRecord:
                continue
            found[record.partition] = min(time, found.get(record.partition, time))
        return {partition: found.get(partition, _BEFORE_ALL) for partition in ends}

    def find(self, change: str, log_ends: Mapping[int, int]) -> dict[int, int]:
        """The offset from which `change` holds, by partition; empty if the log does not have the change.

        Raises
        ------
        FreshetError
            If some partitions have it and others don't: somebody else writes such records, or the log was cut.
        Unreachable
            If the broker leaves a transaction open that must have ended.
        """
        self._wait_until_all_is_decided()
        found: dict[int, int] = {}
        taken: set[str] = set()
        wanted = change.encode()
        for record in read_to_end(self._bootstrap, self._main, start=log_ends):
            event = self._ours(record) if wanted in (record.value or b"") else None
            if event is not None and event.change == change and event.id not in taken:
                taken.add(event.id)
                # The last of its moves: from there on all of them hold.
                found[record.partition] = record.offset
        if found and found.keys() != log_ends.keys():
            lacking = sorted(log_ends.keys() - found.keys())
            message = f"Change {change} must stand in every partition of {self._main}. Partitions {lacking} lack it."
            raise FreshetError(message)
        return found

    def _wait_until_all_is_decided(self) -> None:
        """Wait until what stands in the log now is committed or aborted.

        A commit returns as soon as it is decided; readers see it only after the broker has marked each partition.
        """
        written = log_range(self._bootstrap, self._main, isolation="read_uncommitted")
        deadline_s = time.monotonic() + _DECIDED_S
        pause = threading.Event()
        while any(end < written[partition][1] for partition, end in self.log_ends().items()):
            if time.monotonic() > deadline_s:
                message = (
                    f"All transactions on {self._main} must end. One has been open for {_DECIDED_S:g} s."
                )
                raise Unreachable(message, hint="The next change of models settles this one.")
            pause.wait(_LOOK_AGAIN_S)

    def _ours(self, record: Record) -> ModelActivated | None:
        try:
            event, _ = decode_user_event(record.value)
            if not isinstance(event, ModelActivated):
                return None
            self._signatures.check(event, record.partition)
        except BadRecord:
            return None  # a stranger's
        return event
