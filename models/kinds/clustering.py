"""Clustering: an answer is {cluster, distance}; there are no labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta, Struct

from models.kinds.kind import Floats, Ints, Kind, Metric, held_to

__all__ = ["Clustering"]


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
