"""What models see of a review: its text."""

from __future__ import annotations

from typing import Any, Final

from contracts.events import ReviewPosted, UserEvent
from models.features.declared import Feature, clipped
from models.features.words import LONGEST, words_of
from models.online.self_training import TEXT

__all__ = ["SentimentFeatures"]

_DECLARED: Final = (Feature("text_words", 0.0, LONGEST, "words of the text, up to 200"),)


class SentimentFeatures:
    """The text as it stands in the event, and its length. Only the number is declared, and logged."""

    declared = _DECLARED

    def values(self, event: UserEvent, time_ms: int) -> dict[str, Any]:
        """See `FeatureSet`; with the text beside the numbers."""
        if not isinstance(event, ReviewPosted):
            msg = f"Sentiment is asked of reviews. Got {type(event).__name__}."
            raise TypeError(msg)
        return {**clipped(_DECLARED, [float(len(words_of(event.text).buckets))]), TEXT: event.text}

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`: a text says all by itself."""
