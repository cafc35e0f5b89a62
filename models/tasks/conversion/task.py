"""Conversion: will this session end in an order? Asked at each view and each cart add of a session."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.kinds.classification import Classification
from models.tasks.conversion.features import ConversionFeatures
from models.tasks.conversion.online import MODELS
from models.tasks.label_rules import AtVisitEnd
from models.tasks.spec import TaskSpec

__all__ = ["CONVERSION"]


def _asks(event: UserEvent) -> bool:
    return isinstance(event, ProductViewed | CartAdded) and event.session_id is not None


def _ordered(order: OrderPlaced) -> float:
    return 1.0


CONVERSION: Final = TaskSpec(
    name="conversion",
    question="Will this session end in an order?",
    kind=Classification(),
    asks=_asks,
    label=AtVisitEnd(with_order=_ordered, without=0.0),
    features=ConversionFeatures,
    models=MODELS,
    batch="models.tasks.conversion.batch:BATCH",
    needs_sessions=True,
    has_truth=True,
)
