"""Conversion: will this session end in an order? Asked at each view and each cart add of a session."""

from __future__ import annotations

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.evaluate.losses import log_loss_of, probability
from models.features.conversion import ConversionFeatures
from models.online.prior import Prior
from models.tasks.spec import ModelSpec, TaskSpec

__all__ = ["CONVERSION"]


def _asks(event: UserEvent) -> bool:
    return isinstance(event, ProductViewed | CartAdded) and event.session_id is not None


def _label(order: OrderPlaced) -> float:
    return 1.0


CONVERSION = TaskSpec(
    name="conversion",
    question="Will this session end in an order?",
    kind="classification",
    asks=_asks,
    features=ConversionFeatures,
    label=_label,
    label_without_order=0.0,
    answer=probability,
    loss=log_loss_of,
    metrics=("log_loss", "roc_auc", "average_precision", "share_of_learnable"),
    models=(ModelSpec("prior", "baseline", Prior, {"memory_labels": 5_000, "start": 0.1}),),
)
