"""Which batch models are deployed, according to the completed changes.

Pure. As `models.deployments`, and it also says how to roll back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from contracts.bounds import Stage
from infra.postgres import ModelChange

__all__ = ["DeploymentHistory", "history_of"]


@dataclass
class DeploymentHistory:
    """The batch models of one task.

    Attributes
    ----------
    champions : list of str
        Models that were promoted and not rolled back since; the last one is served.
    since : dict of str to ModelChange
        The change by which each answering model began to answer.
    digests : dict of str to str
        Digest of every model that was ever changed.
    promoted : dict of str to ModelChange
        The newest promotion of each model.
    """

    champions: list[str] = field(default_factory=list)
    since: dict[str, ModelChange] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    promoted: dict[str, ModelChange] = field(default_factory=dict)

    @property
    def champion(self) -> str | None:
        """The model that is served; None for an online model."""
        return self.champions[-1] if self.champions else None

    @property
    def before(self) -> str | None:
        """The model that a rollback makes champion again, if that model is sound."""
        return self.before_but(())

    def before_but(self, broken: Collection[str]) -> str | None:
        """The last earlier champion that is not in `broken`; None if an online model is served again."""
        return next((name for name in reversed(self.champions[:-1]) if name not in broken), None)

    def both_since(self, candidate: str) -> dict[int, int]:
        """The offset from which both `candidate` and the champion (if any) answer, by partition.

        Earlier predictions do not compare the two: an online model was served then.
        """
        theirs = {} if self.champion is None else self.since[self.champion].offsets
        return {p: max(offset, theirs.get(p, offset)) for p, offset in self.since[candidate].offsets.items()}

    def stages(self) -> dict[str, Stage]:
        """The stage of every model that was ever changed."""
        return {
            name: "champion" if name == self.champion else "shadow" if name in self.since else "retired"
            for name in self.digests
        }

    def take(self, change: ModelChange) -> None:
        """Apply a completed change."""
        name = change.model
        self.digests[name] = change.digest
        if change.action in ("shadow", "promote"):
            self.since.setdefault(name, change)
        else:
            self.since.pop(name, None)
        if change.action == "promote":
            self.champions = [*(n for n in self.champions if n != name), name]
            self.promoted[name] = change
        elif name in self.champions:
            self.champions.remove(name)
        if change.action == "rollback":
            while self.champions and self.champions[-1] != change.replaced:
                self.champions.pop()  # it was passed over
            if change.replaced is not None:
                self.since.setdefault(change.replaced, change)


def history_of(changes: Iterable[ModelChange], task: str) -> DeploymentHistory:
    """The completed changes of `task`, in order, out of all changes of a log."""
    history = DeploymentHistory()
    for change in changes:
        if change.task == task and change.state == "done":
            history.take(change)
    return history
