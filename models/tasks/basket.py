"""Basket: what will this cart be worth at the till? Asked whenever something goes into it or leaves it."""

from __future__ import annotations

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from models.evaluate.losses import absolute_error, amount
from models.features.basket import BasketFeatures
from models.online.prior import Prior
from models.tasks.spec import ModelSpec, TaskSpec

__all__ = ["BASKET"]


def _asks(event: UserEvent) -> bool:
    return isinstance(event, CartAdded | CartRemoved)


def _label(order: OrderPlaced) -> float:
    return order.total


BASKET = TaskSpec(
    name="basket",
    question="What will this cart be worth at the till?",
    kind="regression",
    asks=_asks,
    features=BasketFeatures,
    label=_label,
    label_without_order=None,
    answer=amount,
    loss=absolute_error,
    metrics=("mae", "rmse", "r2"),
    models=(ModelSpec("mean", "baseline", Prior, {"memory_labels": 5_000, "start": 0.0}),),
)
