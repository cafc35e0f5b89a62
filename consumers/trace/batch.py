"""What the answers of batch models are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from consumers.lifecycle.why import news_of
from consumers.trace.explained import Explained
from contracts.records import ModelInForce, is_batch
from models.belief import any_batch

if TYPE_CHECKING:
    from models.registry import BatchModel

__all__ = ["with_batch_models"]


def with_batch_models(
    bootstrap: str, namespace: str, found: list[Explained], load: Callable[[str, str], BatchModel]
) -> list[Explained]:
    """Add the explanations of the batch models that answered.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    found : list of Explained
        As `consumers.trace.explain` gives them.
    load : callable
        Of (``task/name@version``, digest): a registered model. What it raises is raised.
    """
    if not any(is_batch(name) for one in found for name in _silent(one)):
        return found
    from models.registry.batch_parts import batch_explanation  # scikit-learn takes a second to import

    news = [one for one in news_of(bootstrap, namespace, any_batch) if isinstance(one, ModelInForce)]
    explained = []
    for one in found:
        asked, models = one.asked.prediction, dict(one.models)
        for name in filter(is_batch, _silent(one)):
            digests = [
                told.digest
                for told in news
                if (told.task, told.model, told.partition) == (asked.task, name, asked.partition)
                and told.offset <= asked.offset
            ]
            models[name] = (
                batch_explanation(load(f"{asked.task}/{name}", digests[-1]), one.x) if digests else None
            )
        explained.append(replace(one, models=models))
    return explained


def _silent(one: Explained) -> list[str]:
    """Models that answered and are not explained yet."""
    answers = one.asked.prediction.answers
    return [name for name, answer in answers.items() if answer is not None and name not in one.models]
