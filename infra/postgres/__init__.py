"""Postgres: connections with clear errors, migrations, named SQL, and the store of snapshots."""

from infra.postgres.database import Connection, Database, address_of, connect, read_password
from infra.postgres.migrations import migrate
from infra.postgres.model_changes import Action, ModelChange, ModelChangeStore, Registered
from infra.postgres.queries import queries
from infra.postgres.reachable import DatabaseCheck
from infra.postgres.snapshots import Snapshot, SnapshotStore, is_genuine, sealed

__all__ = [
    "Action",
    "Connection",
    "Database",
    "DatabaseCheck",
    "ModelChange",
    "ModelChangeStore",
    "Registered",
    "Snapshot",
    "SnapshotStore",
    "address_of",
    "connect",
    "is_genuine",
    "migrate",
    "queries",
    "read_password",
    "sealed",
]
