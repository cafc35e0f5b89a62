"""The process of the scoreboard: reads, folds, writes, and waits where broker or database are away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import Final

from kafka import KafkaProducer

from consumers.scoreboard.fold import Changes, Fold
from consumers.scoreboard.intake import Intake
from consumers.scoreboard.store import At, Store
from consumers.scoreboard.watch import Look, Unwatched, Watch
from contracts.codec import encode
from contracts.errors import Unreachable
from contracts.settings import Settings
from contracts.topics import METRICS, USER_EVENTS, topic_name
from infra.kafka import ShopLog, broker_answers, connect_producer
from infra.postgres import Database, RegisteredNames, migrate, read_password
from infra.waiting import Waiting
from models.belief import Known

__all__ = ["run"]

_POLL_S: Final = 0.2
_POLL_RECORDS: Final = 5_000
_SAVE_EVERY_S: Final = 1.0
_SENT_WITHIN_S: Final = 5.0


def _no_fault(point: str) -> None:
    """Go on."""


def run(
    settings: Settings,
    *,
    stop: Event,
    say: Callable[[str], None],
    namespace: str = "",
    save_every_records: int = 20_000,
    fault: Callable[[str], None] = _no_fault,
    watch: Watch = Unwatched(),  # noqa: B008 - has no state
) -> None:
    """Keep scores until `stop` is set.

    Parameters
    ----------
    settings : Settings
        Addresses of broker and database.
    stop : Event
        Set it, for instance at SIGTERM: what was read is written, then this returns.
    say : callable
        Takes one line for people: what is waited for, and that it goes on.
    namespace : str
        Put before the names of topics.
    save_every_records : int
        A transaction holds about so many records, or what came within a second.
    fault : callable
        Called with the name of each point between two steps; for tests that end the process there.
    watch : Watch
        Told how it goes.

    Raises
    ------
    ShopMismatch
        If the database holds scores of another log.
    FreshetError
        If a second scoreboard writes into the same database.
    """
    waiting = Waiting("The scoreboard", say)
    at_once = min(_POLL_RECORDS, save_every_records)

    def session() -> None:
        try:
            password = read_password(settings.database_password_file)
            migrate(settings.database_url, password)
            with (
                Database(settings.database_url, password) as database,
                broker_answers(settings.bootstrap),
                closing(Intake(settings.bootstrap, namespace, records=at_once)) as intake,
                _producer(settings.bootstrap) as producer,
            ):
                shop = ShopLog(settings.bootstrap, topic_name(USER_EVENTS, namespace))
                one = _Session(
                    intake, producer, database, shop, namespace, say, fault, save_every_records, watch
                )
                one.work(stop, waiting.goes_on)
        except Unreachable as error:
            watch.waits(error.message)
            raise

    waiting.until_done(session, stop)


@contextmanager
def _producer(bootstrap: str) -> Iterator[KafkaProducer]:
    producer = connect_producer(bootstrap, max_block_ms=int(_SENT_WITHIN_S * 1000))
    try:
        yield producer
    finally:
        producer.close(timeout=_SENT_WITHIN_S)


class _Session:
    """One life of the scoreboard, from loading its state to the first failure: nothing is mended in between."""

    def __init__(
        self,
        intake: Intake,
        producer: KafkaProducer,
        database: Database,
        shop: ShopLog,
        namespace: str,
        say: Callable[[str], None],
        fault: Callable[[str], None],
        save_every_records: int,
        watch: Watch,
    ) -> None:
        self._intake = intake
        self._producer = producer
        self._metrics_topic = topic_name(METRICS, namespace)
        self._say = say
        self._fault = fault
        self._save_every_records = save_every_records
        self._watch = watch
        self._store = Store(database)
        self._registered = RegisteredNames(database)
        self._shop = shop
        self._saved: dict[At, int] = {}

    def work(self, stop: Event, progressed: Callable[[], None]) -> None:
        self._start()
        self._send()
        progressed()
        self._loop(stop)

    def _start(self) -> None:
        offsets = self._store.offsets()
        begun = self._intake.start(offsets)
        self._store.begin({at: (self._intake.ids[at[0]], n) for at, n in begun.items() if at not in offsets})
        for at, n in begun.items():
            # The transaction compares with what is stored.
            self._saved[at] = offsets[at][1] if at in offsets else n
            if n > self._saved[at]:
                topic, partition = at
                self._say(
                    f"Not scored, for they are deleted: {topic}/{partition}, offsets {self._saved[at]} to {n - 1}."
                )
        partitions = len({partition for _, partition in begun})
        known = Known(self._registered, partitions=partitions, log=self._shop)
        self._fold = Fold(self._store.load(), known)
        self._watch.began(self._store.newest_windows(), self._store.drifts())

    def _loop(self, stop: Event) -> None:
        saved_s = time.monotonic()
        while not stop.is_set():
            records = self._intake.poll(_POLL_S)
            self._registered.refresh()
            self._shop.refresh()
            self._fold.take(records)
            self._fault("taken")
            self._intake.pace(self._fold.state)
            now_s = time.monotonic()
            if now_s - saved_s >= _SAVE_EVERY_S or self._fold.changes.records >= self._save_every_records:
                self._look(self._save())
                saved_s = now_s
        self._save()

    def _look(self, saved: Changes | None) -> None:
        state, changes = self._fold.state, saved or Changes()
        self._watch.looked(
            Look(
                records=changes.records,
                lag=self._intake.lag(),
                totals=dict(state.totals),
                served=dict(state.served),
                metrics=changes.metrics,
                drifts=[(one.drift, one.event_number) for _, one in changes.drifts],
            )
        )

    def _save(self) -> Changes | None:
        positions = self._intake.positions()
        moved = {at: (self._saved[at], n) for at, n in positions.items() if n != self._saved[at]}
        if not moved:
            return None
        changes = self._fold.taken_changes()
        self._store.save(changes, self._fold.state, moved)
        self._fault("saved")
        self._saved.update(positions)
        if changes.metrics:
            self._send()
            self._fault("sent")
        return changes

    def _send(self) -> None:
        """Bring to ``ml.metrics`` what is only in the database; again after a kill in between: same bytes, same key."""
        if not (unsent := self._store.unsent()):
            return
        futures = [
            self._producer.send(self._metrics_topic, key=m.task.encode(), value=encode(m)) for m in unsent
        ]
        self._producer.flush(timeout=_SENT_WITHIN_S)
        for future in futures:
            future.get(timeout=0)
        self._store.are_sent(unsent)
