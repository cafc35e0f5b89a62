"""Models in the registry, as far as a change of models asks for them: id and digest."""

from __future__ import annotations

from infra.postgres import Database

__all__ = ["register", "stages"]

_TABLE = """CREATE TABLE IF NOT EXISTS model_version (
    id text PRIMARY KEY, task text NOT NULL, name text NOT NULL, version integer NOT NULL, digest text NOT NULL,
    stage text NOT NULL DEFAULT 'registered'
)"""


def register(database: Database, model_id: str, digest: str) -> None:
    """Put a model into the registry."""
    task, _, name = model_id.partition("/")
    with database.transaction() as connection:
        connection.execute(_TABLE)
        connection.execute(
            "INSERT INTO model_version (id, task, name, version, digest) VALUES (%s, %s, %s, %s, %s)",
            (model_id, task, name.rpartition("@")[0], int(name.rpartition("@")[2]), digest),
        )


def stages(database: Database) -> dict[str, str]:
    """Stage of every model of the registry."""
    with database.transaction() as connection:
        return dict(connection.execute("SELECT id, stage FROM model_version").fetchall())
