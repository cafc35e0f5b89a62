"""How a worker finds back to the committed state, or refuses to go on.

The order is fixed: ownership, journal, offsets, snapshot, fold. See docs/adr/0002.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from consumers.engine.chain import GENESIS, link
from consumers.engine.fold import Fold
from consumers.engine.journal import Journalled, committed_metadata
from consumers.engine.ports import Identity, Ports
from contracts.errors import BadRecord, Diverged, OffsetsMoved, StateLost, Unreachable
from contracts.records import RECORDS, JournalRecord, Parent
from infra.kafka import Committed
from infra.postgres import Snapshot

__all__ = ["Position", "Recovery", "Repairs"]

_log = logging.getLogger(__name__)
_POLL_S = 0.2


@dataclass(frozen=True)
class Position:
    """Where a worker stands: after `turn`, before offset `end`.

    `how` says in a word what the state was built from: ``new``, ``snapshot``, ``start`` or ``untrained``.
    """

    generation: int
    turn: int
    end: int
    origin: int
    chain: bytes
    parent: Parent | None
    how: str
    folded_events: int = 0


@dataclass(frozen=True)
class Repairs:
    """What the user allowed. Each changes what is committed, so neither is ever done without being asked for.

    Parameters
    ----------
    mend_offsets : bool
        Write the group's offset again from the journal where somebody moved it.
    untrained : bool
        Start new models at the end of what was done where the state is lost.
    """

    mend_offsets: bool = False
    untrained: bool = False


class _Differs(Exception):  # noqa: N818 - a finding on the way, not an error
    def __init__(self, expected: JournalRecord, chain: bytes) -> None:
        super().__init__()
        self.expected = expected
        self.chain = chain


class Recovery:
    """Brings a fold back to the state that was committed last.

    Parameters
    ----------
    identity : Identity
        Whose state.
    ports : Ports
        Where log, journal, offset and snapshots are.
    fold : Fold
        Fresh: as at the first offset of a log.
    repairs : Repairs
        What the user allowed.
    """

    def __init__(self, identity: Identity, ports: Ports, fold: Fold, repairs: Repairs) -> None:
        self._group = identity.group
        self._topic_id = identity.topic_id
        self._log = ports.log
        self._journal = ports.journal
        self._offsets = ports.offsets
        self._snapshots = ports.snapshots
        self._fold = fold
        self._repairs = repairs
        self._blank = fold.snapshot()

    def run(self) -> Position:
        """Recover. Call it after `init_transactions()` has returned, when the last transaction is committed or aborted.

        Raises
        ------
        OffsetsMoved, StateLost, Diverged
            See `contracts.errors`. The state must not be used then.
        """
        last = self._journal.last()
        if last is None:
            return self._begin()
        self._check_records(last.record)
        try:
            self._check_log(last.record)
            self._check_offsets(last)
            return self._restore(last)
        except StateLost as lost:
            if not self._repairs.untrained:
                raise
            return self._begin_untrained(last.record, lost)

    # -- what is there -------------------------------------------------------------------------------------

    def _begin(self) -> Position:
        committed = self._offsets.committed()
        if committed is not None:
            found = f"the group {self._group} has offset {committed.offset} there"
            raise self._lost(found, committed.offset)
        try:
            newest = next(self._snapshots.newest(self._group, self._log.partition, self._topic_id), None)
        except Unreachable:
            # Without the database, only the journal can tell whether this worker ran before. It says no, and it is the
            # authority.
            newest = None
        if newest is not None:
            found = f"a snapshot reaches to offset {newest.end_offset}"
            raise self._lost(found, newest.end_offset)
        start, _ = self._log.bounds()
        return Position(1, 0, start, start, GENESIS, None, "new")

    def _lost(self, found: str, offset: int | None) -> StateLost:
        message = (
            f"The journal of {self._log.topic}/{self._log.partition} must hold what group {self._group} has done. "
            f"It is empty, but {found}."
        )
        hint = "The journal topic was deleted or another group's data are here: start over with --fresh."
        return StateLost(
            message, topic=self._log.topic, partition=self._log.partition, offset=offset, hint=hint
        )

    def _check_log(self, last: JournalRecord) -> None:
        start, end = self._log.bounds()
        if last.topic_id != self._topic_id:
            message = (
                f"{self._log.topic}/{self._log.partition} must be the log with id {last.topic_id}, of which offsets "
                f"up to {last.end} are done. Its id is {self._topic_id}: the topic was deleted and made again."
            )
        elif end < last.end:
            message = (
                f"{self._log.topic}/{self._log.partition} must reach to offset {last.end}, up to which all is done. "
                f"It holds {start} to {end}."
            )
        elif start > last.end:
            message = (
                f"{self._log.topic}/{self._log.partition} must go on at offset {last.end}, up to which all is done. "
                f"It begins at {start}: offsets {last.end} to {start - 1} were deleted before they were learnt from."
            )
        else:
            return
        raise self._state_lost(message, last.end)

    def _check_records(self, last: JournalRecord) -> None:
        if last.records == RECORDS:
            return
        message = (
            f"What group {self._group} wrote of {self._log.topic}/{self._log.partition} must be records of version "
            f"{RECORDS}. It is of version {last.records}: another Freshet wrote it."
        )
        hint = (
            "All can be learnt again from the same log under another name: FRESHET_GROUP=NAME. Or start over with "
            "--fresh."
        )
        raise StateLost(
            message, topic=self._log.topic, partition=self._log.partition, offset=last.end, hint=hint
        )

    def _state_lost(self, message: str, offset: int) -> StateLost:
        hint = (
            "Start over with --fresh, or with new models on this log: --untrained of learn, demo or replay."
        )
        return StateLost(
            message, topic=self._log.topic, partition=self._log.partition, offset=offset, hint=hint
        )

    def _check_offsets(self, last: Journalled) -> None:
        must = Committed(last.record.end, committed_metadata(last.record, last.offset))
        was = self._offsets.committed()
        if was is not None and was.offset == must.offset and _same_json(was.metadata, must.metadata):
            return
        if was is None:
            _log.warning("the group's offset has expired: written again from the journal, %d", must.offset)
        elif not self._repairs.mend_offsets:
            message = (
                f"The offset of group {self._group} in {self._log.topic}/{self._log.partition} must be {must.offset} "
                f"{must.metadata}, as the journal says. It was {was.offset} {was.metadata or 'without metadata'}: "
                "somebody else has committed for this group."
            )
            hint = "Stop whoever uses this group, then `freshet learn --mend-offsets`."
            raise OffsetsMoved(
                message, topic=self._log.topic, partition=self._log.partition, offset=was.offset, hint=hint
            )
        self._offsets.restore(must)

    # -- building the state --------------------------------------------------------------------------------

    def _restore(self, last: Journalled) -> Position:
        until = last.record.end
        for snapshot, expected in self._confirmed_snapshots(last):
            try:
                self._fold.restore(snapshot.payload)
                chain, folded = self._fold_on(
                    snapshot.end_offset, until, bytes.fromhex(snapshot.chain), expected
                )
            except _Differs as differs:
                _log.warning(
                    "snapshot of turn %d leads to another state at turn %d: trying an older one",
                    snapshot.turn,
                    differs.expected.turn,
                )
                continue
            return self._position(last.record, chain, "snapshot", folded)
        return self._restore_from_start(last.record)

    def _confirmed_snapshots(self, last: Journalled) -> Iterable[tuple[Snapshot, list[JournalRecord]]]:
        start, _ = self._log.bounds()
        try:
            for snapshot in self._snapshots.newest(self._group, self._log.partition, self._topic_id):
                # Another generation: made by other code, or from a state that was replaced by a new one.
                if (
                    snapshot.generation != last.record.generation
                    or snapshot.fingerprint != self._fold.fingerprint
                ):
                    continue
                if snapshot.end_offset < start:
                    continue
                records = [entry.record for entry in self._journal.since(snapshot.journal_offset)]
                if records and _is_turn_of(snapshot, records[0]):
                    yield snapshot, records[1:]
                else:
                    _log.warning(
                        "snapshot of turn %d passed over: the journal has no such turn", snapshot.turn
                    )
        except Unreachable as error:
            _log.warning("no snapshot to be had, folding the log from its start: %s", error)

    def _restore_from_start(self, last: JournalRecord) -> Position:
        start, _ = self._log.bounds()
        if start > last.origin:
            message = (
                f"The state of {self._log.topic}/{self._log.partition} at offset {last.end} must be folded from offset "
                f"{last.origin}. The log begins at {start}, and no snapshot of this code reaches behind that."
            )
            raise self._state_lost(message, last.origin)
        is_same_code = last.fingerprint == self._fold.fingerprint
        if not is_same_code:
            _log.warning(
                "%s/%d: models or features have changed: their state is built anew from the log, %s events",
                self._log.topic,
                self._log.partition,
                f"{last.end - last.origin:,}",
            )
        expected = [
            entry.record
            for entry in self._journal.since(0)
            if is_same_code and entry.record.generation == last.generation
        ]
        self._fold.restore(self._blank)
        try:
            chain, folded = self._fold_on(last.origin, last.end, GENESIS, expected)
        except _Differs as differs:
            turn = differs.expected
            message = (
                f"Folding {self._log.topic}/{self._log.partition} from its start must give chain {turn.chain} at turn "
                f"{turn.turn} (offsets {turn.start} to {turn.end}). It gave {differs.chain.hex()}: this is the first "
                "turn that differs."
            )
            hint = (
                "Something in models or features is not deterministic: a clock, randomness, the order of a set. Once "
                "that is changed, all is learnt anew; or start over with --fresh."
            )
            raise Diverged(
                message, topic=self._log.topic, partition=self._log.partition, offset=turn.end, hint=hint
            ) from None
        return self._position(last, chain, "start", folded)

    def _position(self, last: JournalRecord, chain: bytes, how: str, folded: int) -> Position:
        if last.fingerprint == self._fold.fingerprint:
            return Position(last.generation, last.turn, last.end, last.origin, chain, None, how, folded)
        parent = Parent(last.generation, last.turn, last.chain)
        return Position(last.generation + 1, last.turn, last.end, last.origin, chain, parent, how, folded)

    def _begin_untrained(self, last: JournalRecord, lost: StateLost) -> Position:
        start, end = self._log.bounds()
        at = last.end if last.topic_id == self._topic_id and start <= last.end <= end else start
        _log.warning("starting new models at offset %d, as asked, because: %s", at, lost.message)
        self._fold.restore(self._blank)
        parent = Parent(last.generation, last.turn, last.chain)
        return Position(last.generation + 1, last.turn, at, at, GENESIS, parent, "untrained")

    def _fold_on(
        self, start: int, until: int, chain: bytes, expected: list[JournalRecord]
    ) -> tuple[bytes, int]:
        """Fold offsets [start, until), outputs discarded; the chain must agree at the end of each turn."""
        ahead = iter(expected)
        turn = next(ahead, None)
        folded = 0
        self._log.seek(start)
        while self._log.position() < until:
            for record in self._log.poll(_POLL_S):
                if record.offset >= until:
                    break
                while turn is not None and turn.end <= record.offset:
                    turn = _next_turn(turn, chain, ahead)
                try:
                    chain = link(chain, self._fold.step(record).chained)
                except BadRecord:
                    pass
                folded += 1
            self._fold.complete()
        while turn is not None:
            turn = _next_turn(turn, chain, ahead)
        return chain, folded


def _next_turn(turn: JournalRecord, chain: bytes, ahead: Iterable[JournalRecord]) -> JournalRecord | None:
    if turn.chain != chain.hex():
        raise _Differs(turn, chain)
    return next(iter(ahead), None)


def _is_turn_of(snapshot: Snapshot, record: JournalRecord) -> bool:
    return (snapshot.generation, snapshot.turn, snapshot.end_offset, snapshot.chain) == (
        record.generation,
        record.turn,
        record.end,
        record.chain,
    )


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
