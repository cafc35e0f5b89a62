"""A database of its own for each test, on the server that all of them share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.postgres import Database, connect
from tests.backend import Backend


@dataclass(frozen=True)
class FreshDatabase:
    """An empty database: its URL has no password."""

    url: str
    password: str
    password_file: Path

    def open(self) -> Database:
        """Connect to it."""
        return Database(self.url, self.password)


@contextmanager
def new_database(backend: Backend) -> Iterator[FreshDatabase]:
    """An empty database, dropped at the end."""
    server = backend.database
    name = f"t{uuid.uuid4().hex[:10]}"
    password = server.password_file.read_text().strip()
    with connect(server.conninfo, password) as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
    parts = conninfo_to_dict(server.conninfo)
    url = f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{name}"
    yield FreshDatabase(url, password, server.password_file)
    with connect(server.conninfo, password) as connection:
        connection.autocommit = True
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh_database(backend: Backend) -> Iterator[FreshDatabase]:
    """An empty database, dropped after the test."""
    with new_database(backend) as database:
        yield database
