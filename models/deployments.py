"""Which batch models of a task answer, and which one is served: state of the fold, changed by ModelActivated alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from contracts.events import ModelActivated
from contracts.records import ModelInForce

__all__ = ["Deployment", "Deployments", "champion_of"]


class Deployment(NamedTuple):
    """One batch model that answers.

    Parameters
    ----------
    name : str
        ``model@version``.
    digest : str
        Of its artefact.
    """

    name: str
    digest: str


class Deployments:
    """The batch models of one task.

    Attributes
    ----------
    answering : tuple of Deployment
        Shadows and champion, in the order in which they came.
    champion : str or None
        Name of the one that is served.
    out : dict of Deployment to int
        Artefacts in quarantine, and the offset from which: for good, for they would break again.
    """

    def __init__(self) -> None:
        self.answering: tuple[Deployment, ...] = ()
        self.champion: str | None = None
        self.out: dict[Deployment, int] = {}

    def take(self, activated: ModelActivated) -> None:
        """Take a change in.

        A new champion leaves the one before as a shadow: only so can the two be compared, and the change be taken
        back at once.

        Examples
        --------
        >>> deployments = Deployments()
        >>> for model, stage in (("a", "champion"), ("b", "champion"), ("a", "retired")):
        ...     deployments.take(ModelActivated(id="1", time="2026-01-05T08:00:00.000Z", source="s", task="t",
        ...                                model=model, version="1", stage=stage))
        >>> deployments.champion, [one.name for one in deployments.answering]
        ('b@1', ['b@1'])
        """
        name = activated.name
        before = next((one for one in self.answering if one.name == name), None)
        others = tuple(one for one in self.answering if one.name != name)
        if activated.stage == "retired":
            self.answering = others
        elif before is None or before.digest != activated.digest:
            self.answering = (*others, Deployment(name, activated.digest))
        if activated.stage == "champion":
            self.champion = name
        elif self.champion == name:
            self.champion = None


def champion_of(told: Iterable[ModelInForce]) -> ModelInForce | None:
    """The activation of the batch model that is champion now, of what was told of one task and partition."""
    champion: ModelInForce | None = None
    for one in told:
        if one.stage == "champion":
            champion = one
        elif champion is not None and one.model == champion.model:
            champion = None
    return champion
