"""Which batch models are deployed, by the changes that are done: as `models.deployments`, with the way back. Pure."""

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
        Who was promoted and not rolled back since; the last one is served.
    since : dict of str to ModelChange
        Of each model that answers, the change by which it began to.
    digests : dict of str to str
        Of every model that was ever changed.
    promoted : dict of str to ModelChange
        The newest promotion of each.
    """

    champions: list[str] = field(default_factory=list)
    since: dict[str, ModelChange] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    promoted: dict[str, ModelChange] = field(default_factory=dict)

    @property
    def champion(self) -> str | None:
        """Who is served; None: an online model."""
        return self.champions[-1] if self.champions else None

    @property
    def before(self) -> str | None:
        """Whom a rollback makes champion again, if it is sound."""
        return self.before_but(())

    def before_but(self, broken: Collection[str]) -> str | None:
        """The last champion before this one that is not among `broken`; None: an online model is served again."""
        return next((name for name in reversed(self.champions[:-1]) if name not in broken), None)

    def both_since(self, candidate: str) -> dict[int, int]:
        """By partition, the offset from which `candidate` answers and the champion, where there is one, does too.

        What was asked before says nothing of the two: an online model was served then.
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
        """Take in a change that is done."""
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
    """Of all changes of a log, in their order, those of `task` that are done."""
    history = DeploymentHistory()
    for change in changes:
        if change.task == task and change.state == "done":
            history.take(change)
    return history
