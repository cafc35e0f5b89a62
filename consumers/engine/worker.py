"""One partition, exactly once: poll, fold, write, commit; one transaction a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consumers.engine.chain import link
from consumers.engine.dead_letters import dead_letter
from consumers.engine.fold import Fold
from consumers.engine.journal import committed_metadata
from consumers.engine.listener import Listener, Turn
from consumers.engine.ports import Identity, Ports
from consumers.engine.recovery import Position, Recovery, Repairs
from consumers.engine.snapshots import SnapshotWriter
from consumers.engine.watchdog import Watchdog
from contracts.codec import encode
from contracts.errors import BadRecord
from contracts.journal import journal_key
from contracts.records import RECORDS, JournalRecord
from infra.kafka import Committed, OutgoingRecord, Record
from infra.postgres import Snapshot

__all__ = ["FAULT_POINTS", "SnapshotPolicy", "Worker"]

FAULT_POINTS = (
    "after poll",
    "after learn",
    "after send",
    "after flush",
    "before offsets",
    "before commit",
    "after commit",
    "before snapshot",
    "after snapshot",
)
"""Where a test may end the process: the callable `fault` is called with each of these names."""

_POLL_S = 0.5


@dataclass(frozen=True)
class SnapshotPolicy:
    """A snapshot is due after so many seconds or events, whichever is first."""

    every_s: float
    every_events: int


@dataclass(frozen=True)
class _Learned:
    chain: bytes
    steps: list[tuple[Sequence[Any], Record]]
    sent: list[OutgoingRecord]
    refused: list[str]


class Worker:
    """Runs a fold over one partition of the main input.

    Parameters
    ----------
    identity : Identity
        Who this is.
    ports : Ports
        What it reads and writes.
    fold : Fold
        Fresh: as at the first offset of a log.
    policy : SnapshotPolicy
        When snapshots are taken.
    timeout_s : float
        How long a turn may take from its first send to its commit: the transaction timeout.
    repairs : Repairs
        What the user allowed.
    fault : callable
        Called with each of `FAULT_POINTS`.
    now_ms : callable
        The clock, milliseconds since 1970; for latency alone.
    listener : Listener
        Told what happens.
    """

    def __init__(
        self,
        identity: Identity,
        ports: Ports,
        fold: Fold,
        *,
        policy: SnapshotPolicy,
        timeout_s: float,
        repairs: Repairs = Repairs(),  # noqa: B008 - frozen
        fault: Callable[[str], None] = lambda _point: None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        listener: Listener = Listener(),  # noqa: B008 - has no state
    ) -> None:
        self._identity = identity
        self._log = ports.log
        self._transactions = ports.transactions
        self._recovery = Recovery(identity, ports, fold, repairs)
        self._fold = fold
        self._snapshots = SnapshotWriter(ports.snapshots.save, lambda _snapshot: fault("after snapshot"))
        self._policy = policy
        self._timeout_s = timeout_s
        self._fault = fault
        self._now_ms = now_ms
        self._listener = listener
        self._watchdog = Watchdog(timeout_s)
        self._snapshot_at_s = time.monotonic()
        self._events_since_snapshot = 0

    def run(self, should_stop: Callable[[], bool], recovered: Callable[[Position], None]) -> None:
        """Recover, then take turns until `should_stop`.

        After any exception the process must end: only the next owner can end a failed transaction on the broker.

        Raises
        ------
        RecoveryError
            If the committed state can't be restored. Going on would lose or double something.
        """
        self._transactions.init()
        at = self._recovery.run()
        recovered(at)
        self._listener.recovered(at)
        self._log.seek(at.end)
        if at.parent is not None:
            # A turn without records: a new generation is in the journal even if nothing comes before the next start.
            at, journal_offset, _ = self._commit(at, [], at.end, at.chain)
            self._maybe_snapshot(at, journal_offset)
        while not should_stop():
            records = self._log.poll(_POLL_S)
            if records:
                at, journal_offset = self._turn(at, records)
                self._maybe_snapshot(at, journal_offset)
            self._listener.looked(self._log.lag(), is_empty=not records)

    def close(self) -> None:
        """Close everything, and wait a little for the last snapshot."""
        self._snapshots.close(timeout_s=5.0)
        self._watchdog.close()
        self._transactions.close()
        self._log.close()

    def _turn(self, at: Position, records: Sequence[Record]) -> tuple[Position, int]:
        polled_s = time.monotonic()
        self._fault("after poll")
        # All outputs first, then all sends: sending between predictions lets the sender thread fight for the
        # interpreter's lock.
        learned = self._learn(at.chain, records)
        self._fault("after learn")
        at, journal_offset, commit_s = self._commit(at, learned.sent, records[-1].offset + 1, learned.chain)
        self._fault("after commit")
        self._events_since_snapshot += len(records)
        self._listener.committed(
            Turn(
                events=len(records),
                outputs=[outputs for outputs, _ in learned.steps],
                refused=learned.refused,
                turn_s=time.monotonic() - polled_s,
                commit_s=commit_s,
                latency_s=max(0.0, (self._now_ms() - records[0].timestamp_ms) / 1000),
            )
        )
        return at, journal_offset

    def _commit(
        self, at: Position, sent: list[OutgoingRecord], end: int, chain: bytes
    ) -> tuple[Position, int, float]:
        """Commit a turn up to `end`; return the new position, the journal record's offset and the commit's seconds."""
        entry = self._journal_record(at, end, chain)
        if at.turn == 0 or at.parent is not None:
            sent = [*self._fold.opening(), *sent]
        with self._watchdog.watch():
            journal_offset, commit_s = self._write(sent, entry)
        return replace(at, turn=entry.turn, end=end, chain=chain, parent=None), journal_offset, commit_s

    def _learn(self, chain: bytes, records: Sequence[Record]) -> _Learned:
        refused: list[str] = []
        letters: list[OutgoingRecord] = []
        steps: list[tuple[Sequence[Any], Record]] = []
        for record in records:
            try:
                outputs, chained = self._fold.step(record)
            except BadRecord as error:
                refused.append(error.reason)
                letters.append(
                    dead_letter(self._identity.dead_letter_topic, record, error, self._identity.group)
                )
                continue
            if outputs:
                chain = link(chain, chained)
                steps.append((outputs, record))
        if completed := self._fold.complete():
            steps.append((completed, records[-1]))
        now_ms = self._now_ms()
        sent = [out for outputs, record in steps for out in self._fold.outgoing(outputs, record, now_ms)]
        return _Learned(chain, steps, sent + letters, refused)

    def _journal_record(self, at: Position, end: int, chain: bytes) -> JournalRecord:
        return JournalRecord(
            group=self._identity.group,
            partition=self._identity.partition,
            generation=at.generation,
            turn=at.turn + 1,
            start=at.end,
            end=end,
            origin=at.origin,
            chain=chain.hex(),
            topic_id=self._identity.topic_id,
            fingerprint=self._fold.fingerprint,
            parent=at.parent,
            records=RECORDS,
        )

    def _write(self, outputs: list[OutgoingRecord], entry: JournalRecord) -> tuple[int, float]:
        """Write outputs, journal and offset in one transaction.

        Returns the journal record's offset and the commit's seconds.
        """
        identity, transactions = self._identity, self._transactions
        transactions.begin()
        for record in outputs:
            transactions.send(record)
        key = journal_key(identity.group, identity.partition)
        # Last, so that `flush` returns its offset.
        transactions.send(OutgoingRecord(identity.journal_topic, identity.partition, key, encode(entry), []))
        self._fault("after send")
        journal_offset = transactions.flush(self._timeout_s)
        self._fault("after flush")
        if journal_offset is None:
            message = "a flush after sends must tell an offset"
            raise RuntimeError(message)
        committed = Committed(entry.end, committed_metadata(entry, journal_offset))
        self._fault("before offsets")
        flushed_s = time.monotonic()
        transactions.commit_offset(identity.group, identity.input_topic, identity.partition, committed)
        self._fault("before commit")
        transactions.commit()
        return journal_offset, time.monotonic() - flushed_s

    def _maybe_snapshot(self, at: Position, journal_offset: int) -> None:
        is_due = (
            self._events_since_snapshot >= self._policy.every_events
            or time.monotonic() - self._snapshot_at_s >= self._policy.every_s
        )
        if not is_due or self._snapshots.is_busy:
            return
        self._fault("before snapshot")
        self._snapshots.offer(
            Snapshot(
                group=self._identity.group,
                partition=self._identity.partition,
                topic_id=self._identity.topic_id,
                generation=at.generation,
                turn=at.turn,
                end_offset=at.end,
                chain=at.chain.hex(),
                journal_offset=journal_offset,
                fingerprint=self._fold.fingerprint,
                payload=self._fold.snapshot(),
            )
        )
        self._snapshot_at_s = time.monotonic()
        self._events_since_snapshot = 0
