"""The online models of the taste task, and the baselines they must beat."""

from __future__ import annotations

from typing import Any, Final

from models.tasks.spec import ModelSpec
from models.tasks.taste.blend import Blend
from models.tasks.taste.factorisation import Factorisation
from models.tasks.taste.neighbours import Neighbours
from models.tasks.taste.popularity import Popularity, PopularityInCategory
from models.tasks.taste.profile import Profile
from models.tasks.taste.ranked import Alone

__all__ = ["MODELS", "factorisation", "neighbours", "popularity", "popularity_in_category", "profile"]

_NEIGHBOURS: Final = {"most": 64, "reach": 3, "backward": 0.5, "memory": 300.0}
_FACTORISATION: Final = {"factors": 12, "step": 0.1, "pull": 0.002, "negatives": 16}
_PARTS: Final = ("factorisation", "neighbours", "profile", "popularity-in-category")


def factorisation(**parameters: Any) -> Alone:
    """Make a `Factorisation`."""
    return Alone(Factorisation(**parameters))


def neighbours(**parameters: Any) -> Alone:
    """Make `Neighbours`."""
    return Alone(Neighbours(**parameters))


def profile(step: float) -> Alone:
    """Make a `Profile`."""
    return Alone(Profile(step))


def popularity(memory_labels: int) -> Alone:
    """Make a `Popularity`."""
    return Alone(Popularity(memory_labels))


def popularity_in_category(memory_labels: int) -> Alone:
    """Make a `PopularityInCategory`."""
    return Alone(PopularityInCategory(memory_labels))


MODELS: Final = (
    ModelSpec("blend", "online", Blend, {"parts": _PARTS, "step": 0.002}),
    ModelSpec("factorisation", "online", factorisation, _FACTORISATION),
    ModelSpec("neighbours", "online", neighbours, _NEIGHBOURS),
    ModelSpec("profile", "online", profile, {"step": 0.002}),
    ModelSpec("popularity", "baseline", popularity, {"memory_labels": 10_000}),
    ModelSpec("popularity-in-category", "baseline", popularity_in_category, {"memory_labels": 10_000}),
)
"""In the order of serving."""
