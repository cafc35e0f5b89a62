"""Postgres: connections with clear errors, migrations, named SQL, and the stores of snapshots, models and examples."""

from infra.postgres.database import Connection, Database, address_of, connect, is_away, read_password
from infra.postgres.migrations import migrate
from infra.postgres.model_changes import Action, ModelChange, ModelChangeStore, Registered
from infra.postgres.opened import database_of, migrated
from infra.postgres.queries import queries
from infra.postgres.reachable import DatabaseCheck
from infra.postgres.registered_names import RegisteredNames
from infra.postgres.registry import RegistryStore, is_genuine_model, seal_model
from infra.postgres.snapshots import Snapshot, SnapshotStore, is_genuine, sealed
from infra.postgres.training import TrainingRows

__all__ = [
    "Action",
    "Connection",
    "Database",
    "DatabaseCheck",
    "ModelChange",
    "ModelChangeStore",
    "Registered",
    "RegisteredNames",
    "RegistryStore",
    "Snapshot",
    "SnapshotStore",
    "TrainingRows",
    "address_of",
    "connect",
    "database_of",
    "is_away",
    "is_genuine",
    "is_genuine_model",
    "migrate",
    "migrated",
    "queries",
    "read_password",
    "seal_model",
    "sealed",
]
