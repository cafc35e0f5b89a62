"""The schema, by numbered steps: ``infra/sql/NNN_name.sql``, each applied once and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import LiteralString, NamedTuple

from contracts.errors import EnvironmentProblem
from infra.postgres.database import Connection, Database
from infra.postgres.queries import queries

__all__ = ["Migration", "migrate", "migrations"]

_FILE = re.compile(r"(\d{3})_([a-z0-9_]+)\.sql")


class Migration(NamedTuple):
    """One step: `number` orders it, `checksum` is the SHA-256 of its text."""

    number: int
    name: str
    sql: LiteralString
    checksum: str


def migrations() -> list[Migration]:
    """All steps that this code knows, by number.

    Raises
    ------
    ValueError
        If two have the same number.
    """
    found = []
    for entry in (files("infra") / "sql").iterdir():
        if match := _FILE.fullmatch(entry.name):
            sql = entry.read_text(encoding="utf-8")
            checksum = hashlib.sha256(sql.encode()).hexdigest()
            found.append(Migration(int(match[1]), match[2], sql, checksum))
    found.sort()
    if len({step.number for step in found}) != len(found):
        msg = f"Each migration must have its own number. Got {[step.number for step in found]}."
        raise ValueError(msg)
    return found


def migrate(
    conninfo: str, password: str | None = None, *, steps: Sequence[Migration] | None = None
) -> list[str]:
    """Bring the schema to what this code needs; nothing where it is so already.

    One transaction under an advisory lock: several processes may call this at once, and a kill in the middle leaves
    the schema as it was.

    Parameters
    ----------
    conninfo : str
        Of the database.
    password : str, optional
        Where `conninfo` has none.
    steps : sequence of Migration, optional
        Those of `migrations` if None.

    Returns
    -------
    list of str
        What was applied, as ``NNN_name``.

    Raises
    ------
    Unreachable
        If the database does not answer.
    EnvironmentProblem
        If what was applied before is not what this code knows: another or a newer Freshet's database.
    """
    wanted = migrations() if steps is None else list(steps)
    with Database(conninfo, password) as database, database.transaction() as connection:
        return _apply(connection, wanted, database.address)


def _apply(connection: Connection, wanted: list[Migration], address: str) -> list[str]:
    sql = queries("migrations")
    connection.execute(sql["lock"])
    connection.execute(sql["ledger"])
    applied = {number: (name, checksum) for number, name, checksum in connection.execute(sql["applied"])}
    hint = "Use the Freshet that made it, or an empty database."
    if unknown := sorted(set(applied) - {step.number for step in wanted}):
        newest = max(step.number for step in wanted)
        msg = f"The database {address} has migration {unknown[-1]:03d}; this Freshet knows those up to {newest:03d}."
        raise EnvironmentProblem(msg, hint=hint)
    done = []
    for step in wanted:
        label = f"{step.number:03d}_{step.name}"
        before = applied.get(step.number)
        if before is None:
            if applied and step.number < max(applied):
                msg = f"The database {address} has migration {max(applied):03d}, but not {label} before it."
                raise EnvironmentProblem(msg, hint=hint)
            connection.execute(step.sql)
            connection.execute(sql["record"], (step.number, step.name, step.checksum))
            done.append(label)
        elif before != (step.name, step.checksum):
            msg = (
                f"Migration {label} must be {step.checksum[:12]}. Applied was {before[0]}, {before[1][:12]}."
            )
            raise EnvironmentProblem(msg, hint=hint)
    return done
