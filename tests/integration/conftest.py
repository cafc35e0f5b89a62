"""A database of its own for each test, on the server that all of them share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.embedded import EmbeddedPostgres
from infra.postgres import Database, connect


@dataclass(frozen=True)
class FreshDatabase:
    """An empty database: its URL has no password."""

    url: str
    password: str
    password_file: Path

    def open(self) -> Database:
        """Connect to it."""
        return Database(self.url, self.password)


@pytest.fixture
def fresh_database(embedded_postgres: EmbeddedPostgres) -> Iterator[FreshDatabase]:
    """An empty database, dropped after the test."""
    name = f"t{uuid.uuid4().hex[:10]}"
    password = embedded_postgres.password_file.read_text().strip()
    with connect(embedded_postgres.conninfo, password) as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
    parts = conninfo_to_dict(embedded_postgres.conninfo)
    url = f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{name}"
    yield FreshDatabase(url, password, embedded_postgres.password_file)
    with connect(embedded_postgres.conninfo, password) as connection:
        connection.autocommit = True
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
