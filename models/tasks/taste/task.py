"""Taste: which ten products next? Asked when somebody comes to the shop, and whenever a product is looked at."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, ProductViewed, SessionStarted, UserEvent
from models.kinds.ranking import Ranking
from models.tasks.label_rules import AtNext
from models.tasks.spec import TaskSpec
from models.tasks.taste.features import TasteFeatures, touched
from models.tasks.taste.online import MODELS

__all__ = ["TASTE"]


def _asks(event: UserEvent) -> bool:
    # A recorded shop has no sessions and no views: there it is asked when something goes into the cart.
    return (isinstance(event, ProductViewed | SessionStarted) and event.session_id is not None) or (
        isinstance(event, CartAdded) and event.session_id is None
    )


TASTE: Final = TaskSpec(
    name="taste",
    question="Which product does the shopper touch next?",
    kind=Ranking(),
    asks=_asks,
    label=AtNext(what=touched),
    features=TasteFeatures,
    models=MODELS,
)
