"""The topics that the scoreboard reads."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from contracts.topics import DEAD_LETTERS, MODELS, OUTCOMES, PREDICTIONS, TRUTH, Topic

__all__ = ["SOURCES", "Kind"]

Kind: TypeAlias = Literal["truth", "predictions", "models", "dead-letters", "outcomes"]

# Truth before outcomes: then most labels find theirs at once.
SOURCES: Final[dict[Kind, Topic]] = {
    "truth": TRUTH,
    "predictions": PREDICTIONS,
    "models": MODELS,
    "dead-letters": DEAD_LETTERS,
    "outcomes": OUTCOMES,
}
