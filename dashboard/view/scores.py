"""What the scoreboard's tables say, asked over one connection that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumers.scoreboard.reading import Champion
    from contracts.settings import Settings

__all__ = ["Counts", "Scores"]


@dataclass(frozen=True)
class Counts:
    """Records since the start of the log, by task where they have one; how far it is behind; and who is served."""

    predictions: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    dead_letters: int = 0
    lag: int | None = None
    served: Mapping[str, str | None] = field(default_factory=dict)
    passed_over: int = 0


class Scores:
    """Asks; for one thread.

    Parameters
    ----------
    settings : Settings
        Where broker and database are.
    """

    def __init__(self, settings: Settings) -> None:
        from consumers.scoreboard.reading import LagMeter
        from infra.postgres import RegisteredNames, database_of

        self._database = database_of(settings)
        self._registered = RegisteredNames(self._database)
        self._meter = LagMeter(settings.bootstrap, self._database, settings.namespace)

    def counts(self) -> Counts:
        """Count everything.

        Raises
        ------
        Unreachable
            If broker or database do not answer.
        """
        from consumers.scoreboard.reading import totals

        self._registered.refresh()
        found = totals(self._database)
        lag = sum(self._meter.lag().values())
        served = {task: one.model for task, one in self.champions().items()}
        return Counts(
            found.predictions,
            found.outcomes,
            found.labels,
            found.late,
            found.dead_letters,
            lag,
            served,
            found.unreadable + found.foreign,
        )

    def has_batch(self, task: str, model: str) -> bool:
        """Whether the registry has ``name@version``, as far as it was known at the last `counts`."""
        return self._registered(task, model)

    def passed_over(self) -> dict[str, int]:
        """Records that the scoreboard has passed over since the start of the log, by why."""
        from consumers.scoreboard.reading import totals

        found = totals(self._database)
        return {"unreadable": found.unreadable, "foreign": found.foreign}

    def board(self) -> dict[str, Any]:
        """Tasks and drift, as `consumers.scoreboard.read_board` says them; takes a second or two."""
        from consumers.scoreboard.reading import read_board

        return read_board(self._database)

    def champions(self) -> dict[str, Champion]:
        """Who is served for each task, and why."""
        from consumers.scoreboard.reading import champions

        return champions(self._database)

    def stages(self) -> dict[str, str]:
        """Where the models of the registry stand, by ``task/name@version``; ``quarantine`` for those that broke."""
        from infra.postgres import queries

        with self._database.transaction() as connection:
            stages = dict(connection.execute(queries("registry")["stages"]).fetchall())
            broken = connection.execute(queries("boards")["quarantined"]).fetchall()
        for model in {f"{task}/{name}" for task, name, *_ in broken}:
            if stages.get(model) in ("shadow", "champion"):
                stages[model] = "quarantine"
        return stages

    def close(self) -> None:
        """Let go of broker and database."""
        self._meter.close()
        self._database.close()
