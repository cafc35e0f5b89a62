"""Changes of which batch models answer, in Postgres: what was asked for, on which evidence, if the log has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from psycopg.types.json import Jsonb

from contracts.bounds import Stage
from contracts.errors import UsageError
from infra.postgres.database import Database
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


class ModelChangeStore:
    """All changes in one database whose schema is there (`infra.postgres.migrate`).

    Every method is one transaction of its own and raises `Unreachable` where the database is away. Blocking.

    Parameters
    ----------
    conninfo : str
        Of the database.
    password : str, optional
        Where `conninfo` has none.
    """

    def __init__(self, conninfo: str, password: str | None = None) -> None:
        self._database = Database(conninfo, password)
        self._sql = queries("model_changes")

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
                {
                    "id": change.id,
                    "topic_id": topic_id,
                    "task": change.task,
                    "action": change.action,
                    "model": change.model,
                    "digest": change.digest,
                    "replaced": change.replaced,
                    "forced": change.forced,
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
        with self._database.transaction() as connection:
            rows = connection.execute(self._sql["of_log"], (topic_id,)).fetchall()
        return [
            ModelChange(
                id=row[0],
                task=row[1],
                action=row[2],
                model=row[3],
                digest=row[4],
                replaced=row[5],
                forced=row[6],
                evidence=row[7],
                state=row[8],
                log_ends=_by_partition(row[9]),
                offsets=_by_partition(row[10]),
                at=row[11],
            )
            for row in rows
        ]

    def close(self) -> None:
        """Close the connections that are open."""
        self._database.close()


def _by_partition(found: Mapping[str, int] | None) -> dict[int, int]:
    # Keys of JSON are texts.
    return {int(partition): offset for partition, offset in (found or {}).items()}
