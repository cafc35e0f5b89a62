"""``docs/marts.md``, from the comments in the database. ``python -m infra.postgres.describe`` prints it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from infra.postgres.database import Connection, connect, read_password
from infra.postgres.migrations import migrate
from infra.postgres.queries import queries

__all__ = ["describe"]

_HEAD: Final = """# Marts

Made from the comments in the database by `.venv/bin/python -m infra.postgres.describe > docs/marts.md`; a test holds
this page to it. How rows come here is told in [batch.md](batch.md). Times are event time in UTC where nothing else is
said.
"""


def describe(connection: Connection) -> str:
    """Every mart and view of the schema as Markdown: columns, types, meaning, keys."""
    sql = queries("describe")
    parts = [_HEAD]
    for oid, name, kind, comment in connection.execute(sql["relations"]).fetchall():
        parts.append(f"## `{name}`\n\n{'View. ' if kind == 'view' else ''}{comment}\n")
        rows = ["| column | type | what it is |", "| --- | --- | --- |"]
        for column, data_type, must_be, said in connection.execute(sql["columns"], (oid,)):
            null = "" if must_be or kind == "view" else ", may be null"
            rows.append(f"| `{column}` | {data_type}{null} | {said} |")
        parts.append("\n".join(rows) + "\n")
        keys = [f"- `{text}`" for (text,) in connection.execute(sql["constraints"], (oid,))]
        if keys:
            parts.append("\n".join(keys) + "\n")
    return "\n".join(parts)


def main() -> None:
    """Print the page, of a database that is made for it."""
    from infra.embedded import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        password = read_password(postgres.password_file)
        migrate(postgres.conninfo, password)
        with connect(postgres.conninfo, password) as connection:
            sys.stdout.write(describe(connection))


if __name__ == "__main__":
    main()
