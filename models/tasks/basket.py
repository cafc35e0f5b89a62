"""Basket: what will this cart be worth at the till? Asked whenever something goes into it or leaves it."""

from __future__ import annotations

from contracts.events import CartAdded, CartRemoved, OrderPlaced, UserEvent
from models.evaluate.losses import absolute_error, amount
from models.features.basket import BasketFeatures
from models.online.largest_of import LargestOf
from models.online.order_value import linear_regression, recursive_median_regression
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
    models=(
        ModelSpec(
            "recursive-median",
            "online",
            recursive_median_regression,
            {"forgetting": 0.9999, "ridge": 10.0, "width": 0.05},
        ),
        ModelSpec(
            "linear", "online", linear_regression, {"step": 0.01, "intercept_step": 1e-3, "width": 0.3}
        ),
        ModelSpec("mean", "baseline", Prior, {"memory_labels": 5_000, "start": 0.0, "ceiling": 5.0}),
        *(
            ModelSpec(name, "baseline", LargestOf, {"names": features})
            for name, features in (
                ("own-mean", ("own_mean_order",)),
                ("running-total", ("cart_total",)),
                ("larger-of-total-and-own-mean", ("cart_total", "own_mean_order")),
                ("larger-of-total-and-last", ("cart_total", "own_last_order")),
            )
        ),
    ),
)
