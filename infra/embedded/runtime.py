"""Broker and database as one thing that is started, found and stopped."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contracts.errors import EnvironmentProblem
from infra.embedded.data_folder import claim, lock_folder, naming_disk_trouble, need_disk
from infra.embedded.java.ivy import Progress
from infra.embedded.java.jars import tell_stderr
from infra.embedded.kafka.broker import EmbeddedKafka
from infra.embedded.postgres.database import EmbeddedPostgres
from infra.embedded.postgres.programs import find_programs
from infra.embedded.postgres.unprivileged import choose_account
from infra.embedded.running import Running, forget_running, publish_running

__all__ = ["Runtime"]


class Runtime:
    """The broker and the database on one data folder, locked for as long as they run.

    Parameters
    ----------
    data_dir : Path
        Made if need be; must be empty or Freshet's own.
    overrides : mapping, optional
        Broker settings to replace or add.
    facts : mapping, optional
        Further settings for commands that find this instance, such as ``group`` and ``partitions``.
    kept : bool
        Whether it outlives the command that wanted it.
    cache : Path, optional
        Where the jars are kept.
    progress : callable
        Told, line by line, what takes long.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        overrides: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
        kept: bool = False,
        cache: Path | None = None,
        progress: Progress = tell_stderr,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.kafka = EmbeddedKafka(self.data_dir, overrides, cache=cache, progress=progress)
        self.postgres = EmbeddedPostgres(self.data_dir, progress=progress)
        self._facts = dict(facts or {})
        self._kept = kept
        self._held: contextlib.ExitStack | None = None

    @property
    def bootstrap(self) -> str:
        """Address of the broker."""
        return self.kafka.bootstrap

    @property
    def conninfo(self) -> str:
        """What psycopg connects with."""
        return self.postgres.conninfo

    def start(self) -> Running:
        """Start both at once, and tell other processes where they are.

        Interrupted or failed, it leaves nothing running.

        Returns
        -------
        Running
            What ``runtime.json`` says.

        Raises
        ------
        EnvironmentProblem
            One of `infra.embedded.errors`, saying what is missing and what to do.
        """
        if self._held is not None:
            message = "the runtime is started already"
            raise RuntimeError(message)
        claim(self.data_dir)
        with naming_disk_trouble(self.data_dir), contextlib.ExitStack() as held:
            held.enter_context(lock_folder(self.data_dir))
            forget_running(self.data_dir)  # of one that was killed
            need_disk(self.data_dir)
            # What fails at once fails before a download of half a minute.
            choose_account()
            find_programs()
            held.callback(self.postgres.stop)
            held.callback(self.kafka.stop)
            # The database in the thread, for it takes a second at most: Ctrl-C reaches the main thread, and so the
            # broker, whose first start may be a download.
            with ThreadPoolExecutor(1) as pool:
                database: Future[None] = pool.submit(self.postgres.start)
                self.kafka.start()
                database.result()
            running = Running(
                bootstrap=self.bootstrap,
                database_url=self.postgres.url,
                database_password_file=self.postgres.password_file,
                pid=os.getpid(),
                started_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                kept=self._kept,
                facts=self._facts,
            )
            held.callback(forget_running, self.data_dir)
            publish_running(self.data_dir, running)
            self._held = held.pop_all()
        return running

    def stop(self) -> None:
        """Stop the broker, then the database, and give the folder free; nothing happens if it is not running."""
        if self._held is not None:
            held, self._held = self._held, None
            held.close()

    def problem(self) -> EnvironmentProblem | None:
        """Return why broker or database are not running any more; None while all is well."""
        return self.kafka.problem() or self.postgres.problem()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
