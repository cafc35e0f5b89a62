"""The trainer's rules: when to train anew, which model is on trial, and whose trial is over. Pure.

All is read from the registry and the deployments, so that a new trainer goes on where the last one ended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from consumers.lifecycle import DeploymentHistory
    from contracts.model_version import ModelVersion

__all__ = [
    "GROWTH",
    "LEAST_LABELS",
    "NO_FEWER",
    "answering_name",
    "is_new",
    "labels_wanted",
    "newest_trained",
    "over",
]

LEAST_LABELS: Final = 5_000
"""For the first training of a task: of fewer, next to nothing is learnt that online models don't know by then."""

NO_FEWER: Final = 2_000
"""`models.batch.LEAST_LABELS`, known without importing scikit-learn."""

GROWTH: Final = 1.5
"""So many times the labels that the newest model was made of are worth a new one."""


def answering_name(version: ModelVersion) -> str:
    """The name under which a version answers: ``name@version``."""
    return f"{version.name}@{version.version}"


def newest_trained(versions: Sequence[ModelVersion], features: Collection[str]) -> ModelVersion | None:
    """The newest version that was trained here on these features; imported ones are left to people.

    Parameters
    ----------
    versions : sequence of ModelVersion
        Of one task, oldest first.
    features : collection of str
        That are logged now.
    """
    own = [v for v in versions if not v.imported and set(v.signature.features) == set(features)]
    return own[-1] if own else None


def labels_wanted(newest: ModelVersion | None, least: int) -> int:
    """How many labels there must be for the next training: `least` for the first one, then half as many again."""
    if newest is None:
        return least
    labels: int = newest.metrics.get("labels", 0)
    return max(least, ceil(GROWTH * labels))


def is_new(version: ModelVersion, history: DeploymentHistory) -> bool:
    """Whether nothing was decided about it yet: a retired or rolled back model stays so."""
    return answering_name(version) not in history.digests


def over(
    versions: Sequence[ModelVersion], newest: ModelVersion, history: DeploymentHistory
) -> list[ModelVersion]:
    """Shadows that were trained here and answered before `newest`, except the one that a rollback goes back to.

    A shadow that began after it was started by a person, and stays.

    Parameters
    ----------
    versions : sequence of ModelVersion
        Of one task.
    newest : ModelVersion
        The model that is on trial now.
    history : DeploymentHistory
        The deployments.
    """
    began = list(history.since)  # in the order in which they did
    name, stages = answering_name(newest), history.stages()
    ended = {
        one
        for one in began[: began.index(name) if name in began else 0]
        if stages[one] == "shadow" and one != history.before
    }
    return [v for v in versions if not v.imported and answering_name(v) in ended]
