"""The records that the scoreboard reads, as little of each as it needs."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

from contracts.errors import BadRecord
from contracts.records import ModelInForce, ModelNews, ModelQuarantined
from contracts.topics import DEAD_LETTERS, MODELS, OUTCOMES, PREDICTIONS, TRUTH, Topic

__all__ = ["SOURCES", "Kind", "Predicted", "decode_predicted", "decode_news"]

Kind: TypeAlias = Literal["truth", "predictions", "models", "dead-letters", "outcomes"]

# Truth before outcomes: then most labels find theirs at once.
SOURCES: Final[dict[Kind, Topic]] = {
    "truth": TRUTH,
    "predictions": PREDICTIONS,
    "models": MODELS,
    "dead-letters": DEAD_LETTERS,
    "outcomes": OUTCOMES,
}


class Predicted(msgspec.Struct, tag_field="type", tag="Prediction", gc=False):
    """Of a prediction the task and who answered: its features are by far the larger part of it."""

    task: str
    served: str | None


_predicted = msgspec.json.Decoder(Predicted)
_news: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(ModelNews)


def decode_predicted(value: bytes | None) -> Predicted:
    """One record of ``ml.predictions``, hardly looked at; raises `BadRecord`."""
    try:
        predicted = _predicted.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecord("not-a-prediction", str(error)) from error
    if "\0" in predicted.task or "\0" in (predicted.served or ""):
        raise BadRecord("not-a-prediction", "a name in it has a NUL")
    return predicted


def decode_news(value: bytes | None) -> ModelQuarantined | ModelInForce | None:
    """One record of ``ml.models``, None for other news of models."""
    try:
        news = _news.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return news if isinstance(news, ModelQuarantined | ModelInForce) else None
