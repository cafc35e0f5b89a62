"""Trained models in the registry of a test: real ones, by the way that `freshet train` registers them."""

from __future__ import annotations

from contracts.model_version import ModelVersion, Signature
from contracts.settings import Settings
from infra.postgres import Database, RegistryStore, database_of
from infra.signing import load_key
from models.registry import dump, libraries
from tests.batch_models import Estimator

__all__ = ["register", "stages"]


def register(settings: Settings, task: str, name: str, model: Estimator) -> ModelVersion:
    """Put a model into the registry in the database of `settings`, sealed with their key."""
    store = RegistryStore(database_of(settings))
    draft = ModelVersion(
        task=task,
        name=name,
        digest="0" * 64,
        signature=Signature(features=model.features, answer="probability"),
        libraries=libraries(),
        code_version="0",
        data_window={},
        parameters={},
        metrics={},
    )
    try:
        key = load_key(settings.secret_file)
        return store.register(draft, dump(model.estimator), lambda version: version.id, key)
    finally:
        store.close()


def stages(database: Database) -> dict[str, str]:
    """Stage of every model of the registry."""
    with database.transaction() as connection:
        return dict(connection.execute("SELECT id, stage FROM model_version").fetchall())
