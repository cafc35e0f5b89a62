"""A package outside of Freshet, as somebody would write it: two tasks, and a model more for one of Freshet's."""

from __future__ import annotations

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.features import Feature, clipped
from models.kinds import Classification, Regression
from models.online import Prior
from models.tasks.label_rules import AtOnce, AtVisitEnd
from models.tasks.spec import ModelSpec, TaskSpec

COIN = ModelSpec("coin", "online", Prior, {"memory_labels": 10, "start": 0.5})


class Prices:
    """What is known of a product that is touched: its price, and how many were touched before it."""

    declared = (Feature("price", 0.0, 10_000.0), Feature("touched", 0.0, 1e6), Feature("is_dear", 0.0, 1.0))

    def __init__(self) -> None:
        self._touched = 0

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        price = event.product.price if isinstance(event, ProductViewed | CartAdded) else 0.0
        return clipped(self.declared, [price, float(self._touched), float(price > 50.0)])

    def fold(self, event: UserEvent, time_ms: int) -> None:
        self._touched += isinstance(event, ProductViewed | CartAdded)


def is_cart_add(event: UserEvent) -> bool:
    return isinstance(event, CartAdded)


def is_view(event: UserEvent) -> bool:
    return isinstance(event, ProductViewed) and event.session_id is not None


def quantity(event: UserEvent) -> float | None:
    return float(event.quantity) if isinstance(event, CartAdded) else None


def is_dear(order: OrderPlaced) -> float:
    return float(order.total > 100.0)


DEAR = TaskSpec(
    name="dear-order",
    question="Will this visit end in an order of more than 100?",
    kind=Classification(),
    asks=is_view,
    label=AtVisitEnd(with_order=is_dear, without=0.0),
    features=Prices,
    models=(ModelSpec("mean", "online", Prior, {"memory_labels": 1_000, "start": 0.1}),),
    batch="freshet_toy_batch:DEAR_BATCH",
    needs_sessions=True,
)


PIECES = TaskSpec(
    name="pieces",
    question="How many pieces go into the cart at once?",
    kind=Regression(),
    asks=is_cart_add,
    label=AtOnce(label=quantity),
    features=Prices,
    models=(ModelSpec("mean", "online", Prior, {"memory_labels": 1_000, "start": 1.0}),),
)
