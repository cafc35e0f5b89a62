"""Long-running roles as the real commands, on servers that can go away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.conninfo import conninfo_to_dict

from contracts.settings import Settings, environment
from contracts.topics import USER_EVENTS, Topic, topic_name
from infra.embedded import EmbeddedPostgres
from infra.kafka import connect_producer, ensure_topics, group_offset
from infra.postgres import migrate, read_password
from tests.faults.cut import door
from tests.waiting import until

__all__ = ["Away", "Role", "Said", "Shuttable", "away_on"]

_ROOT = Path(__file__).resolve().parents[2]


class Shuttable(Protocol):
    """A server that can go away and come back: a `Door`, or a cluster that loses most of its brokers."""

    @property
    def is_shut(self) -> bool:
        """Whether it is away."""
        ...

    def shut(self) -> None:
        """Take it away."""
        ...

    def shut_at(self, what: int | bytes | None) -> None:
        """Take it away when a client asks for this."""
        ...

    def open(self, until: int | bytes | None = None) -> None:
        """Bring it back, until a client asks for this."""
        ...


@dataclass(frozen=True)
class Away:
    """A broker and a database that can go away, and a shop on them."""

    settings: Settings
    broker: Shuttable
    database: Shuttable

    def name(self, topic: Topic) -> str:
        return topic_name(topic, self.settings.namespace, self.settings.group)

    def committed(self) -> int:
        found = group_offset(self.settings.bootstrap, self.settings.group, self.name(USER_EVENTS), 0)
        return 0 if found is None else found.offset

    def publish(self, topic: Topic, values: Iterable[bytes]) -> None:
        """Send records."""
        with connect_producer(self.settings.bootstrap) as producer:
            for value in values:
                producer.send(self.name(topic), value=value, key=b"k", partition=0)
            producer.flush(timeout=30)

    @contextmanager
    def role(self, *arguments: str, folder: Path) -> Iterator[Role]:
        """Run ``freshet ARGUMENTS``."""
        log = folder / f"{arguments[0]}.log"
        env = {k: v for k, v in os.environ.items() if not k.startswith(("FRESHET_", "COVERAGE_PROCESS_"))}
        env |= environment(self.settings) | {"PYTHONPATH": str(_ROOT)}
        with log.open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", "freshet", *arguments], env=env, stderr=out)
        try:
            yield Role(process=process, log=log)
        finally:
            for one in (self.broker, self.database):
                if one.is_shut:
                    one.open()
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
                print(log.read_text())


@dataclass
class Said:
    """What is said of waiting."""

    said: list[str] = field(default_factory=list)
    times: int = 0
    went_on_s: list[float] = field(default_factory=list)

    def lines(self, of: str) -> list[str]:
        """Lines with these words."""
        return [line for line in self.said if f" {of}" in line]

    def problem(self) -> str | None:
        """Why it can say no more."""
        return None

    def waits_and_goes_on(self, away: Shuttable, and_again_at: int | bytes | None = None) -> None:
        """It says that it waits while `away` is shut, and then that it goes on; each once.

        `and_again_at`: where `away` is shut once more while it connects anew.
        """
        self.times += 1
        self.says("waits: ")
        assert away.is_shut
        away.open(and_again_at)
        if and_again_at is not None:
            until(lambda: away.is_shut, f"it asks for {and_again_at!r}")
            away.open()
        self.went_on_s.append(self.says("goes on after "))

    def says(self, what: str) -> float:
        """It says `what` for the `times`-th time; the seconds that this took."""
        took_s = until(
            lambda: len(self.lines(what)) >= self.times or self.problem() is not None,
            f"time {self.times}: {what}",
        )
        assert self.problem() is None
        assert len(self.lines(what)) == self.times
        return took_s


@dataclass
class Role(Said):
    """A command that runs."""

    process: subprocess.Popen[bytes] = field(kw_only=True)
    log: Path = field(kw_only=True)

    def lines(self, of: str) -> list[str]:
        """Lines with these words."""
        self.said = self.log.read_text().splitlines()
        return super().lines(of)

    def problem(self) -> str | None:
        """What it said, once it has ended."""
        return None if self.process.poll() is None else self.log.read_text()


@contextmanager
def away_on(
    broker: Shuttable, bootstrap: str, postgres: EmbeddedPostgres, folder: Path, namespace: str
) -> Iterator[Away]:
    """A shop's topics on `broker`, and a database of its own behind a door."""
    parts = conninfo_to_dict(postgres.conninfo)
    name = namespace.strip(".")  # scores of two shops must not meet in one database
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with door(lambda: int(parts["port"])) as database:
        settings = Settings(
            bootstrap=bootstrap,
            database_url=f"postgresql://{parts['user']}@127.0.0.1:{database.port}/{name}",
            database_password_file=postgres.password_file,
            data_dir=folder / "data",
            namespace=namespace,
            group=f"g-{namespace[:-1]}",
            partitions=1,
            transaction_timeout_ms=8_000,
            delivery_timeout_ms=6_000,
        )
        migrate(settings.database_url, read_password(settings.database_password_file))
        ensure_topics(settings.bootstrap, 1, namespace=namespace, group=settings.group)
        yield Away(settings, broker, database)
