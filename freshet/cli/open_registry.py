"""The registry as commands see it: opened with the settings, its models verified by the installation's key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from freshet.cli.broker_check import require_broker

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
    from infra.postgres import RegistryStore, migrated

    if settings.origin["database_url"] in ("default", "runtime file"):
        require_broker(settings)  # it says best that no demo runs
    with RegistryStore(migrated(settings)) as store:
        yield store


def as_json(version: ModelVersion) -> dict[str, Any]:
    """All that is known of a model, with its id first."""
    import msgspec

    return {"id": version.id, **msgspec.to_builtins(version)}
