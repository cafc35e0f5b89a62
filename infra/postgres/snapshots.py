"""Snapshots of workers in Postgres: a cache of the fold, of which the journal says what may be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from psycopg.rows import kwargs_row

from infra.postgres.opened import Store
from infra.postgres.queries import queries
from infra.signing import sign, verify

__all__ = ["Snapshot", "SnapshotStore", "is_genuine", "sealed"]

KIND: Final = "snapshot"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of one worker after a committed turn.

    Parameters
    ----------
    group, partition : str, int
        Whose it is.
    generation, turn : int
        After which turn it was made.
    end_offset : int
        The first offset of the main input that is not in it.
    journal_offset : int
        Of that turn's record in the journal.
    topic_id : str
        Which log the offsets belong to.
    chain : str
        Hex of the chain after that turn.
    fingerprint : str
        Of the code that made it.
    payload : bytes
        The pickled state: not to be read before `is_genuine` said yes.
    mac : bytes
        See `sealed`.
    created_at : datetime, optional
        By the database's clock; None before it is saved.
    """

    group: str
    partition: int
    generation: int
    turn: int
    end_offset: int
    journal_offset: int
    topic_id: str
    chain: str
    fingerprint: str
    payload: bytes = field(repr=False)
    mac: bytes = field(default=b"", repr=False)
    created_at: datetime | None = None

    def versions(self) -> list[str]:
        """What tells it from its siblings, for the signature."""
        numbers = (self.partition, self.generation, self.turn, self.end_offset, self.journal_offset)
        return [*map(str, numbers), self.chain, self.fingerprint]


def sealed(key: bytes, snapshot: Snapshot) -> Snapshot:
    """`snapshot` with the HMAC over all of it (but for `created_at`)."""
    mac = sign(
        key,
        kind=KIND,
        name=snapshot.group,
        versions=snapshot.versions(),
        log=snapshot.topic_id,
        payload=snapshot.payload,
    )
    return replace(snapshot, mac=mac)


def is_genuine(key: bytes, snapshot: Snapshot) -> bool:
    """Tell whether `snapshot` was sealed with `key` and is unchanged since."""
    return verify(
        key,
        snapshot.mac,
        kind=KIND,
        name=snapshot.group,
        versions=snapshot.versions(),
        log=snapshot.topic_id,
        payload=snapshot.payload,
    )


class SnapshotStore(Store):
    """Snapshots of all groups in one database.

    Nothing is verified here: the HMAC, the chain and the fingerprint are the reader's business.
    """

    _sql = queries("snapshots")

    def save(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`; one of the same turn is replaced."""
        with self._database.transaction() as connection:
            connection.execute(self._sql["save"], vars(snapshot))

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        """Snapshots of one worker on one log, newest first.

        Each is loaded when asked for: mostly the first will do, and they are megabytes each. One that is pruned in
        between is left out.
        """
        with self._database.transaction() as connection:
            keys = connection.execute(self._sql["keys"], (group, partition, topic_id)).fetchall()
        for generation, turn in keys:
            made = kwargs_row(partial(Snapshot, group=group, partition=partition, topic_id=topic_id))
            with (
                self._database.transaction() as connection,
                connection.cursor(binary=True, row_factory=made) as cursor,
            ):
                cursor.execute(self._sql["load"], (group, partition, topic_id, generation, turn))
                found = cursor.fetchone()
            if found is not None:
                yield found

    def prune(self, group: str, partition: int, *, keep: int) -> int:
        """Delete all but the newest `keep` of each log; how many went."""
        if keep < 1:
            msg = f"`keep` must be at least 1. Got {keep}."
            raise ValueError(msg)
        with self._database.transaction() as connection:
            return connection.execute(
                self._sql["prune"], {"group": group, "partition": partition, "keep": keep}
            ).rowcount

    def delete_all(self, group: str) -> int:
        """Delete every snapshot of `group`; how many went."""
        with self._database.transaction() as connection:
            return connection.execute(self._sql["delete_all"], (group,)).rowcount
