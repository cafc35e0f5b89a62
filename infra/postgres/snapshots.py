"""Snapshots of workers in Postgres: a cache of the fold, of which the journal says what may be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from infra.postgres.database import Database
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


class SnapshotStore:
    """Snapshots of all groups in one database whose schema is there (`infra.postgres.migrate`).

    Every method is one transaction of its own and raises `Unreachable` where the database is away; after that the
    store can be used again. Blocking. Nothing is verified here: the HMAC, the chain and the fingerprint are the
    reader's business.

    Parameters
    ----------
    conninfo : str
        Of the database.
    password : str, optional
        Where `conninfo` has none.
    """

    def __init__(self, conninfo: str, password: str | None = None) -> None:
        self._database = Database(conninfo, password)
        self._sql = queries("snapshots")

    def save(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`; one of the same turn is replaced."""
        with self._database.transaction() as connection:
            connection.execute(
                self._sql["save"],
                {
                    "group": snapshot.group,
                    "partition": snapshot.partition,
                    "generation": snapshot.generation,
                    "turn": snapshot.turn,
                    "end_offset": snapshot.end_offset,
                    "journal_offset": snapshot.journal_offset,
                    "topic_id": snapshot.topic_id,
                    "chain": snapshot.chain,
                    "fingerprint": snapshot.fingerprint,
                    "payload": snapshot.payload,
                    "mac": snapshot.mac,
                },
            )

    def newest(self, group: str, partition: int, topic_id: str) -> Iterator[Snapshot]:
        """Snapshots of one worker on one log, newest first.

        Each is loaded when asked for: mostly the first will do, and they are megabytes each. One that is pruned in
        between is left out.
        """
        with self._database.transaction() as connection:
            keys = connection.execute(self._sql["keys"], (group, partition, topic_id)).fetchall()
        for generation, turn in keys:
            with self._database.transaction() as connection, connection.cursor(binary=True) as cursor:
                cursor.execute(self._sql["load"], (group, partition, topic_id, generation, turn))
                row = cursor.fetchone()
            if row is not None:
                end_offset, journal_offset, chain, fingerprint, payload, mac, created_at = row
                yield Snapshot(
                    group=group,
                    partition=partition,
                    generation=generation,
                    turn=turn,
                    end_offset=end_offset,
                    journal_offset=journal_offset,
                    topic_id=topic_id,
                    chain=chain,
                    fingerprint=fingerprint,
                    payload=payload,
                    mac=mac,
                    created_at=created_at,
                )

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

    def close(self) -> None:
        """Close the connections that are open."""
        self._database.close()
