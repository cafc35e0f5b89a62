"""The registry as commands see it: opened with the settings, its models verified by the installation's key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from freshet.cli.broker_check import need_broker

if TYPE_CHECKING:
    from contracts.model_version import ModelVersion
    from contracts.settings import Settings
    from infra.postgres import RegistryStore

__all__ = ["as_json", "opened_registry"]


@contextmanager
def opened_registry(settings: Settings) -> Iterator[RegistryStore]:
    """The registry of the database, with its tables.

    Raises
    ------
    Unreachable
        Where the database does not answer, or no demo runs that would have one.
    """
    from infra.postgres import RegistryStore, migrate, read_password

    if settings.origin["database_url"] in ("default", "runtime file"):
        need_broker(settings)  # it says best that no demo runs
    password = read_password(settings.database_password_file)
    migrate(settings.database_url, password)
    store = RegistryStore(settings.database_url, password)
    try:
        yield store
    finally:
        store.close()


def as_json(version: ModelVersion) -> dict[str, Any]:
    """All that is known of a model, with its id first."""
    import msgspec

    return {"id": version.id, **msgspec.to_builtins(version)}
