"""The backend without an engine: child processes of the test run, which end with it however it dies."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.backend.settings import BROKER_OVERRIDES


class EmbeddedBackend:
    """Broker and database on one folder; also offers what only the embedded ones can, such as a crash."""

    name = "embedded"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()

    @cached_property
    def broker(self) -> EmbeddedKafka:
        return self._running.enter_context(EmbeddedKafka(self._folder, BROKER_OVERRIDES))

    @cached_property
    def database(self) -> EmbeddedPostgres:
        return self._running.enter_context(EmbeddedPostgres(self._folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
