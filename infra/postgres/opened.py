"""The database of the settings, and what the stores on it have in common."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from contracts.settings import Settings
from infra.postgres.database import Database, read_password
from infra.postgres.migrations import migrate

__all__ = ["Store", "database_of", "migrated"]


def database_of(settings: Settings) -> Database:
    """The database that the settings name; nothing is opened before its first transaction."""
    return Database(settings.database_url, read_password(settings.database_password_file))


def migrated(settings: Settings) -> Database:
    """As `database_of`, with the schema that this code needs; raises as `migrate`."""
    migrate(settings.database_url, read_password(settings.database_password_file))
    return database_of(settings)


class Store:
    """Rows of one kind in a database whose schema is there (`migrate`).

    Every method is one transaction of its own and raises `Unreachable` where the database is away; after that the
    store can be used again. Blocking. Closing it closes the database's connections.

    Parameters
    ----------
    database : Database
        Where they are; the store owns it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Close the connections that are open."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
