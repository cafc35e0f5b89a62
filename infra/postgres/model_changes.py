"""Changes of which batch models answer, in Postgres: what was asked for, on which evidence, if the log has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from contracts.bounds import Stage
from contracts.errors import UsageError
from infra.postgres.opened import Store
from infra.postgres.queries import queries

__all__ = ["Action", "ModelChange", "ModelChangeStore", "Registered"]

Action: TypeAlias = Literal["shadow", "promote", "rollback", "retire"]


@dataclass(frozen=True)
class Registered:
    """A model of the registry: task, name, version and the SHA-256 of its artefact."""

    task: str
    model: str
    version: str
    digest: str

    @property
    def name(self) -> str:
        """As it stands in predictions: ``model@version``."""
        return f"{self.model}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """One change; see the comments in ``infra/sql/005_model_changes.sql``.

    Parameters
    ----------
    log_ends, offsets : dict of int to int
        By partition of the main input; `offsets` is empty until it is done.
    at : datetime, optional
        By the database's clock; None before it is begun.
    """

    id: str
    task: str
    action: Action
    model: str
    digest: str
    replaced: str | None = None
    forced: bool = False
    evidence: dict[str, Any] | None = None
    state: Literal["pending", "done", "void"] = "pending"
    log_ends: dict[int, int] = field(default_factory=dict)
    offsets: dict[int, int] = field(default_factory=dict)
    at: datetime | None = None


class ModelChangeStore(Store):
    """All changes in one database."""

    _sql = queries("model_changes")

    def registered(self, model_id: str) -> Registered:
        """The model ``task/name@version`` of the registry.

        Raises
        ------
        UsageError
            If there is none.
        """
        with self._database.transaction() as connection:
            row = connection.execute(self._sql["registered"], (model_id,)).fetchone()
        if row is None:
            message = f"A model of the registry must be named, as task/name@version. Got {model_id!r}."
            raise UsageError(message, hint="`freshet models list` has their ids.")
        return Registered(*row)

    def begin(self, change: ModelChange, topic_id: str) -> None:
        """Keep `change` as pending, before it is written to the log."""
        with self._database.transaction() as connection:
            connection.execute(
                self._sql["begin"],
                vars(change)
                | {
                    "topic_id": topic_id,
                    "evidence": Jsonb(change.evidence) if change.evidence is not None else None,
                    "log_ends": Jsonb(change.log_ends),
                },
            )

    def done(self, change: ModelChange, offsets: Mapping[int, int], stages: Mapping[str, Stage]) -> None:
        """The log has it at these offsets; models of the registry get the stages that follow, by ``name@version``."""
        with self._database.transaction() as connection:
            if not connection.execute(self._sql["done"], (Jsonb(dict(offsets)), change.id)).rowcount:
                return  # somebody has settled it meanwhile, and may have changed more since
            for name, stage in stages.items():
                connection.execute(self._sql["stage"], (stage, f"{change.task}/{name}", stage))

    def void(self, change: ModelChange) -> None:
        """The log will never have it."""
        with self._database.transaction() as connection:
            connection.execute(self._sql["void"], (change.id,))

    def of_log(self, topic_id: str) -> list[ModelChange]:
        """All changes of one log, in the order in which they were begun."""
        with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(self._sql["of_log"], (topic_id,)).fetchall()
        return [
            ModelChange(**row | {name: _by_partition(row[name]) for name in ("log_ends", "offsets")})
            for row in rows
        ]


def _by_partition(found: Mapping[str, int] | None) -> dict[int, int]:
    # Keys of JSON are texts.
    return {int(partition): offset for partition, offset in (found or {}).items()}
