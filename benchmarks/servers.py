"""A broker and a database of a benchmark's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.settings import Settings
from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from infra.postgres import migrate, read_password

__all__ = ["own_servers"]


@contextmanager
def own_servers(namespace: str) -> Iterator[Settings]:
    """Start both in a new folder, with the database's tables made; both end, and the folder goes, behind it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedKafka(Path(folder, "kafka")) as kafka,
        EmbeddedPostgres(Path(folder, "postgres")) as postgres,
    ):
        migrate(postgres.conninfo, read_password(postgres.password_file))
        yield Settings(
            bootstrap=kafka.bootstrap,
            database_url=postgres.conninfo,
            database_password_file=postgres.password_file,
            data_dir=Path(folder),
            namespace=namespace,
        )
