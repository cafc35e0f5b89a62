"""Loads a learner's batch models from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.errors import ArtefactRefused
from contracts.settings import Settings
from infra.keyring import load_keyring
from infra.postgres import RegistryStore, database_of, is_genuine_model

if TYPE_CHECKING:
    from models.registry import BatchModel

__all__ = ["load_registered"]


def load_registered(settings: Settings, model_id: str, digest: str) -> BatchModel:
    """Verify the signature by the installation's key, then open; see `models.registry.open_model`.

    Raises
    ------
    UsageError
        If there is no artefact with this digest.
    ArtefactRefused
        If it is not genuine, of other versions or unknown types, or another model's.
    Unreachable
        If the database is away.
    """
    from models.registry import open_model  # not where there are no batch models: it imports skops

    keys = load_keyring(settings.secret_file).keys
    with RegistryStore(database_of(settings)) as registry:
        payload, mac, version = registry.artefact(digest)
    if version.id != model_id:
        message = f"The artefact {digest} must be {model_id}. It is {version.id}."
        raise ArtefactRefused("not-genuine", message)

    def is_genuine() -> bool:
        return any(is_genuine_model(key, version, payload, mac) for key in keys)

    return open_model(version, payload, is_genuine)
