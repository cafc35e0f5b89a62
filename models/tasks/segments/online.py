"""The online models of the segments task, and the baselines that they must beat."""

from __future__ import annotations

from typing import Final

from models.online.mini_batch_kmeans import MiniBatchKMeans
from models.tasks.segments.features import VISIT
from models.tasks.spec import ModelSpec

__all__ = ["MODELS"]

_CLUSTERS: Final = 4

MODELS: Final = (
    ModelSpec(
        "mini-batch-kmeans",
        "online",
        MiniBatchKMeans,
        {"clusters": _CLUSTERS, "weights": {"narrow": 1.0, "searching": 0.4}},
    ),
    ModelSpec(
        "visit-kmeans",
        "baseline",
        MiniBatchKMeans,
        {"clusters": _CLUSTERS, "weights": dict.fromkeys(VISIT, 1.0)},
    ),
)
"""In the order of serving."""
