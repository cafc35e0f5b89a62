"""Conversion: will this session end in an order? Asked at each view and each cart add of a session."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.evaluate.losses import log_loss_of, probability
from models.features.conversion import ConversionFeatures
from models.online.frozen import Frozen
from models.online.logistic import logistic_regression, second_order_logistic_regression
from models.online.prior import Prior
from models.tasks.spec import ModelSpec, TaskSpec

__all__ = ["CONVERSION", "FROZEN_AFTER_LABELS"]

# By then it has seen the shop's hours and sales (at 30,000 labels it was lost later without any drift), and a drift
# half way through a demo of two partitions has not come yet.
FROZEN_AFTER_LABELS: Final = 40_000
_SECOND_ORDER: Final = {"calm": 1.5e-7, "surprised": 1e-5, "prior_variance": 0.1, "trace": 0.7}


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
    models=(
        ModelSpec("second-order", "online", second_order_logistic_regression, _SECOND_ORDER),
        ModelSpec("logistic", "online", logistic_regression, {"step": 0.02, "intercept_step": 1e-3}),
        ModelSpec(
            "second-order-frozen",
            "frozen",
            Frozen,
            {
                "make": second_order_logistic_regression,
                "parameters": _SECOND_ORDER,
                "after_labels": FROZEN_AFTER_LABELS,
            },
        ),
        ModelSpec("prior", "baseline", Prior, {"memory_labels": 5_000, "start": 0.1}),
    ),
)
