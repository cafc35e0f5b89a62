"""Which batch models of a task answer, and which one is served: state of the fold, changed by ModelActivated alone."""

from __future__ import annotations

from typing import NamedTuple

from contracts.events import ModelActivated

__all__ = ["Roster", "Standing"]


class Standing(NamedTuple):
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


class Roster:
    """The batch models of one task.

    Attributes
    ----------
    standing : tuple of Standing
        Shadows and champion, in the order in which they came.
    champion : str or None
        Name of the one that is served.
    out : dict of Standing to int
        Artefacts in quarantine, and the offset from which: for good, for they would break again.
    """

    def __init__(self) -> None:
        self.standing: tuple[Standing, ...] = ()
        self.champion: str | None = None
        self.out: dict[Standing, int] = {}

    def take(self, activated: ModelActivated) -> None:
        """Take a change in.

        A new champion leaves the one before as a shadow: only so can the two be compared, and the change be taken
        back at once.

        Examples
        --------
        >>> roster = Roster()
        >>> for model, stage in (("a", "champion"), ("b", "champion"), ("a", "retired")):
        ...     roster.take(ModelActivated(id="1", time="2026-01-05T08:00:00.000Z", source="s", task="t",
        ...                                model=model, version="1", stage=stage))
        >>> roster.champion, [one.name for one in roster.standing]
        ('b@1', ['b@1'])
        """
        name = activated.name
        before = next((one for one in self.standing if one.name == name), None)
        others = tuple(one for one in self.standing if one.name != name)
        if activated.stage == "retired":
            self.standing = others
        elif before is None or before.digest != activated.digest:
            self.standing = (*others, Standing(name, activated.digest))
        if activated.stage == "champion":
            self.champion = name
        elif self.champion == name:
            self.champion = None
