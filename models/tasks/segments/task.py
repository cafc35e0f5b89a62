"""Segments: what kind of shopper is this? Asked once a visit, when that has ended."""

from __future__ import annotations

from typing import Final

from contracts.events import UserEvent
from models.kinds.clustering import Clustering
from models.tasks.label_rules import Never
from models.tasks.segments.features import SegmentFeatures
from models.tasks.segments.online import MODELS
from models.tasks.spec import TaskSpec
from models.visits import visit_of

__all__ = ["SEGMENTS"]


def _asks(event: UserEvent) -> bool:
    return visit_of(event) is not None


SEGMENTS: Final = TaskSpec(
    name="segments",
    question="What kind of shopper is this?",
    kind=Clustering(),
    asks=_asks,
    label=Never(),
    features=SegmentFeatures,
    models=MODELS,
    at_visit_end=True,
    needs_sessions=True,
)
