"""Which batch models the registry has, for readers that ask for each record."""

from __future__ import annotations

from infra.postgres.database import Database
from infra.postgres.queries import queries

__all__ = ["RegisteredNames"]


class RegisteredNames:
    """Remembers what is there, and asks again for a name that is not: at most once between two `refresh`.

    A model is registered before it answers, so who refreshes before each look at a topic misses none; and a thousand
    names that nobody has registered cost one query.

    Parameters
    ----------
    database : Database
        Of the registry.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: frozenset[tuple[str, str]] = frozenset()
        self._may_ask = True

    def refresh(self) -> None:
        """Allow for one more query."""
        self._may_ask = True

    def now(self) -> frozenset[tuple[str, str]]:
        """All of them, as (task, ``name@version``); raises `Unreachable`."""
        with self._database.transaction() as connection:
            return frozenset(connection.execute(queries("registry")["names"]).fetchall())

    def __call__(self, task: str, model: str) -> bool:
        """Whether ``name@version`` is a model of the task; raises `Unreachable`."""
        if (task, model) not in self._names and self._may_ask:
            self._names, self._may_ask = self.now(), False
        return (task, model) in self._names
