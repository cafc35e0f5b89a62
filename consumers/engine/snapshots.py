"""Snapshots of the state: a cache in Postgres. Deleting all of them loses nothing while the log is kept."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from contracts.errors import FreshetError

__all__ = ["Snapshot", "SnapshotStore", "SnapshotWriter"]

_log = logging.getLogger(__name__)


class Snapshot(NamedTuple):
    """The state after one turn, and which turn of which log that was."""

    group: str
    partition: int
    topic_id: str
    generation: int
    turn: int
    end: int
    origin: int
    chain: str
    journal_offset: int
    fingerprint: str
    payload: bytes


class SnapshotStore(Protocol):
    """Where snapshots are kept.

    Guarantees: what `newest` yields was written by the owner of the key, for this group, partition and log; what
    fails that check is skipped and told. Does not guarantee that anything is there. All raise `Unreachable` when
    the store is away.
    """

    def save(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`, and the newest few before it."""
        ...

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        """What is kept, newest first."""
        ...

    def is_any(self, group: str, partition: int) -> bool:
        """Whether anything is kept for this worker, of whatever log."""
        ...


class SnapshotWriter:
    """Stores snapshots on a thread of its own, so that a database that hangs does not hold the stream up.

    Parameters
    ----------
    store : SnapshotStore
        Where they go.
    stored : callable
        Called, on that thread, with each snapshot that is stored.
    """

    def __init__(self, store: SnapshotStore, stored: Callable[[Snapshot], None]) -> None:
        self._store = store
        self._stored = stored
        self._waiting: queue.Queue[Snapshot | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether the last one is still on its way: then freezing another would be for nothing."""
        return self._waiting.unfinished_tasks > 0

    def offer(self, snapshot: Snapshot) -> None:
        """Hand a snapshot over; it is dropped while another one is waiting."""
        try:
            self._waiting.put_nowait(snapshot)
        except queue.Full:
            _log.warning("snapshot of turn %d dropped: the one before is still being written", snapshot.turn)

    def close(self, timeout_s: float) -> None:
        """Wait for the last one, but no longer than `timeout_s`."""
        try:
            self._waiting.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (snapshot := self._waiting.get()) is not None:
            try:
                self._store.save(snapshot)
                self._stored(snapshot)
            except FreshetError as error:
                _log.warning("snapshot of turn %d not stored, the next one will be tried: %s", snapshot.turn, error)
            finally:
                self._waiting.task_done()
