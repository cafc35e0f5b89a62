"""Sentiment: is this review happy? Asked at each review; one in ten has stars."""

from __future__ import annotations

from typing import Final

from contracts.events import ReviewPosted, UserEvent
from models.kinds.classification import Classification
from models.tasks.label_rules import AtOnce
from models.tasks.sentiment.features import SentimentFeatures
from models.tasks.sentiment.online import MODELS
from models.tasks.spec import TaskSpec

__all__ = ["HAPPY_STARS", "SENTIMENT"]

HAPPY_STARS: Final = 4


def _asks(event: UserEvent) -> bool:
    return isinstance(event, ReviewPosted)


def _is_happy(event: UserEvent) -> float | None:
    if not isinstance(event, ReviewPosted) or event.stars is None:
        return None
    return float(event.stars >= HAPPY_STARS)


SENTIMENT: Final = TaskSpec(
    name="sentiment",
    question="Is this review a happy one?",
    kind=Classification(),
    asks=_asks,
    label=AtOnce(_is_happy),
    features=SentimentFeatures,
    models=MODELS,
    needs_sessions=True,
    has_truth=True,
)
