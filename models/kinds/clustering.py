"""Clustering: an answer is {cluster, distance}; there are no labels, but the simulator may know the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from zlib import crc32

import numpy as np
from msgspec import Meta, Struct

from models.kinds.kind import Floats, Ints, Kind, Metric, Scores, held_to
from models.kinds.scored import Columns, Lines

__all__ = ["Clustering", "agreement"]


class _Group(Struct):
    cluster: Annotated[float, Meta(ge=0.0, le=1e9, multiple_of=1.0)]
    distance: Annotated[float, Meta(ge=0.0, le=1e9)]


@dataclass(frozen=True)
class Clustering(Kind):
    """A group is asked for, and judged by how near its centre is, where nobody knows the truth."""

    name: ClassVar = "clustering"
    metrics: ClassVar = (
        Metric("distance", "distance", "loss"),
        Metric("clusters", "clusters", "amount"),
        Metric("largest", "largest", "share"),
        Metric("adjusted_rand", "adj. Rand", "ratio"),
        Metric("nmi", "NMI", "ratio"),
    )
    charted: ClassVar = "distance"

    def checked(self, given: Any) -> dict[str, Any]:
        """See `Kind`.

        Examples
        --------
        >>> Clustering().checked((3, 0.25))
        {'cluster': 3.0, 'distance': 0.25}
        """
        cluster, distance = (given["cluster"], given["distance"]) if isinstance(given, Mapping) else given
        answer = {"cluster": float(cluster), "distance": float(distance)}
        held_to(_Group, answer)
        return answer

    def is_label(self, label: Any) -> bool:
        """There is none."""
        return False

    def loss(self, label: Any, answer: Mapping[str, Any]) -> float:
        """Distance to the centre."""
        return float(answer["distance"])

    def kept(self, label: Any, answer: Mapping[str, Any]) -> list[float]:
        """Cluster and distance."""
        return [answer["cluster"], answer["distance"]]

    def kept_label(self, label: Any) -> float:
        """See `Kind`."""
        return 0.0

    def lines(self, told_ms: int, truth: Any) -> Lines | None:
        """A number for the name of the group, the same in every process; only which are the same counts."""
        return Lines(told_ms, truth=float(crc32(truth.encode()))) if isinstance(truth, str) else None

    def scores(self, columns: Columns, model: str) -> Scores:
        """See `Kind`; agreement with the truth is of those labels whose truth is known, None where none is."""
        found = {"labels": 0, **dict.fromkeys(m.name for m in self.metrics), **super().scores(columns, model)}
        rows, kept = columns.answered_by(model)
        known = np.isfinite(rows.truth)
        if known.any():
            found |= agreement(rows.truth[known], kept[known, 0])
        return found

    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """See `Kind`."""
        return kept[:, 1]

    def say(self, answer: Any) -> str:
        """See `Kind`."""
        return f"{answer['cluster']:.0f}"

    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """See `Kind`."""
        _, counts = np.unique(kept[:, 0], return_counts=True)
        return {
            "distance": float(kept[:, 1].mean()),
            "clusters": float(len(counts)),
            "largest": float(counts.max() / len(kept)),
        }


def agreement(truth: Floats, found: Floats) -> dict[str, float]:
    """How far two groupings of the same things agree, whatever the groups are called.

    Parameters
    ----------
    truth, found : ndarray of float of shape (n,)
        The group of each.

    Returns
    -------
    dict
        "adjusted_rand", 1 where they are the same and 0 to expect by chance, and "nmi", the mutual information over
        the mean of the entropies. As scikit-learn has them, which takes a second to import.

    References
    ----------
    L. Hubert, P. Arabie, Comparing partitions, Journal of Classification 2, 1985.

    Examples
    --------
    >>> agreement(np.array([1.0, 1.0, 2.0, 2.0]), np.array([7.0, 7.0, 3.0, 3.0]))
    {'adjusted_rand': 1.0, 'nmi': 1.0}
    """
    pairs = np.zeros([len(np.unique(one)) for one in (truth, found)])
    np.add.at(pairs, tuple(np.unique(one, return_inverse=True)[1] for one in (truth, found)), 1.0)
    n, rows, columns = float(pairs.sum()), pairs.sum(axis=1), pairs.sum(axis=0)
    together, a, b = (float((c * (c - 1.0)).sum()) for c in (pairs, rows, columns))
    chance = a * b / (n * (n - 1.0)) if n > 1.0 else 0.0
    spread = (a + b) / 2.0 - chance
    share = pairs / n
    known = share > 0.0
    mutual = float((share[known] * np.log(share[known] / (np.outer(rows, columns) / n**2)[known])).sum())
    mean = -sum(float((c / n * np.log(c / n)).sum()) for c in (rows, columns)) / 2.0
    return {
        "adjusted_rand": (together - chance) / spread if spread else 1.0,
        "nmi": mutual / mean if mean else 1.0,
    }
