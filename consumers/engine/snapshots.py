"""Snapshots of the state: a cache in Postgres. Deleting all of them loses nothing while the log is kept."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contracts.errors import FreshetError, Unreachable
from infra.postgres import Snapshot, SnapshotStore, is_genuine, sealed
from infra.waiting import Waiting

__all__ = ["SnapshotWriter", "Snapshots"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshots:
    """Signed snapshots of one worker.

    Parameters
    ----------
    store : SnapshotStore
        Where they are kept.
    key : bytes
        Signs them: the state is pickled, so nothing that this key did not sign is ever opened.
    kept : int
        How many of the newest stay.
    retired : tuple of bytes
        Keys that signed before: what they signed is opened as well.
    """

    store: SnapshotStore
    key: bytes
    kept: int
    retired: tuple[bytes, ...] = ()

    def save(self, snapshot: Snapshot) -> None:
        """Sign and keep `snapshot`, and delete the oldest; raises `Unreachable`."""
        self.store.save(sealed(self.key, snapshot))
        self.store.prune(snapshot.group, snapshot.partition, keep=self.kept)

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        """Snapshots of this log that these keys signed, newest first; others are logged and skipped."""
        for snapshot in self.store.newest(group, partition, topic_id):
            if any(is_genuine(key, snapshot) for key in (self.key, *self.retired)):
                yield snapshot
            else:
                _log.warning("snapshot of turn %d passed over: its signature is not ours", snapshot.turn)


class SnapshotWriter:
    """Stores snapshots on a thread of its own, so that a database that hangs does not hold the stream up.

    Parameters
    ----------
    save : callable
        Stores one; may raise a `FreshetError`, which is logged: the next snapshot is another chance.
    stored : callable
        Called, on that thread, with each snapshot that is stored.
    """

    def __init__(self, save: Callable[[Snapshot], None], stored: Callable[[Snapshot], None]) -> None:
        self._save = save
        self._stored = stored
        self._database = Waiting("The writer of snapshots", _log.warning)
        self._waiting: queue.Queue[Snapshot | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether the last one is still being stored; another one would have to wait for it."""
        return self._waiting.unfinished_tasks > 0

    def offer(self, snapshot: Snapshot) -> None:
        """Store `snapshot` on the thread. Must not be called while `is_busy`."""
        self._waiting.put(snapshot)

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
                self._save(snapshot)
                self._stored(snapshot)
                self._database.goes_on()
            except Unreachable as error:
                self._database.waits(f"{error} Predictions go on.")
            except FreshetError as error:
                _log.warning(
                    "snapshot of turn %d not stored, the next one will be tried: %s", snapshot.turn, error
                )
            finally:
                self._waiting.task_done()
