"""Running the scoreboard in tests: topics filled from `scored_shop`, a scoreboard in a thread, what it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from consumers.scoreboard import LagMeter, run
from consumers.scoreboard.watch import Unwatched, Watch
from contracts.settings import Settings
from contracts.topics import topic_name
from infra.kafka import connect_producer, ensure_topics
from infra.postgres import Database
from tests.integration.conftest import FreshDatabase
from tests.integration.scoreboard.scored_shop import Sent
from tests.waiting import until

TABLES = (
    "score_offset",
    "score_clock",
    "score_total",
    "score_label",
    "score_truth",
    "score_drift",
    "score_served",
)


def publish(bootstrap: str, namespace: str, sent: Iterable[Sent], partitions: int = 2) -> None:
    ensure_topics(bootstrap, partitions, namespace=namespace)
    producer = connect_producer(bootstrap)
    try:
        for one in sent:
            producer.send(
                topic_name(one.topic, namespace),
                key=one.key.encode(),
                value=one.value,
                partition=one.partition,
            )
        producer.flush(timeout=30)
    finally:
        producer.close()


@dataclass
class Scoreboard:
    """One that runs in a thread."""

    bootstrap: str
    fresh: FreshDatabase
    namespace: str
    said: list[str] = field(default_factory=list)
    failure: BaseException | None = None
    watch: Watch = field(default_factory=Unwatched)

    def wait(self) -> None:
        with self.fresh.open() as database, LagMeter(self.bootstrap, database, self.namespace) as meter:
            until(lambda: self.failure is not None or not sum(meter.lag().values()), "it has caught up")
        if self.failure is not None:
            raise self.failure

    def run(self, stop: Event) -> None:
        settings = Settings(
            bootstrap=self.bootstrap,
            database_url=self.fresh.url,
            database_password_file=self.fresh.password_file,
        )
        try:
            run(
                settings,
                stop=stop,
                say=self.said.append,
                namespace=self.namespace,
                save_every_records=1_000,
                watch=self.watch,
            )
        except BaseException as error:
            self.failure = error


@contextmanager
def scoreboard(
    bootstrap: str, fresh: FreshDatabase, namespace: str, *, watch: Watch | None = None
) -> Iterator[Scoreboard]:
    """A scoreboard in a thread, asked to end at the end of the block."""
    board = Scoreboard(bootstrap, fresh, namespace, watch=watch or Unwatched())
    stop = Event()
    thread = Thread(target=board.run, args=(stop,))
    thread.start()
    try:
        until(lambda: board.failure is not None or has_begun(fresh), "the scoreboard has begun")
        yield board
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def has_begun(fresh: FreshDatabase) -> bool:
    with fresh.open() as database, database.transaction() as connection:
        (exists,) = connection.execute("SELECT to_regclass('score_offset') IS NOT NULL").fetchone() or (
            False,
        )
        return exists and connection.execute("SELECT count(*) FROM score_offset").fetchone() != (0,)


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables that must not depend on when or how often the scoreboard was started."""
    found = {}
    with database.transaction() as connection:
        for table in TABLES:
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
            if table == "score_offset":
                # Without namespace, and without the id of the topic.
                rows = [(topic.partition(".")[2], partition, offset) for topic, partition, _, offset in rows]
            found[table] = sorted(rows, key=repr)
    return found
