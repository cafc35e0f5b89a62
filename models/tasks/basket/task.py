"""Basket: what will this cart be worth at the till? Asked whenever something goes into it or leaves it."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from models.kinds.regression import Regression
from models.tasks.basket.features import BasketFeatures
from models.tasks.basket.online import MODELS
from models.tasks.label_rules import AtVisitEnd
from models.tasks.spec import TaskSpec

__all__ = ["BASKET"]


def _asks(event: UserEvent) -> bool:
    return isinstance(event, CartAdded | CartRemoved)


def _total(order: OrderPlaced) -> float:
    return order.total


BASKET: Final = TaskSpec(
    name="basket",
    question="What will this cart be worth at the till?",
    kind=Regression(),
    asks=_asks,
    label=AtVisitEnd(with_order=_total, without=None),
    features=BasketFeatures,
    models=MODELS,
    batch="models.tasks.basket.batch:BATCH",
)
