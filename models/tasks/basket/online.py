"""The online models of the basket task, regressors on how much a cart still grows, and the baselines they must beat."""

from __future__ import annotations

from typing import Final

from river import linear_model, optim, preprocessing

from models.online.growth import Growth
from models.online.largest_of import LargestOf
from models.online.prior import Prior
from models.online.recursive_median import RecursiveMedianRegression
from models.tasks.basket.features import AMOUNTS
from models.tasks.spec import ModelSpec

__all__ = ["MODELS", "linear_regression", "recursive_median_regression"]

_TOTAL = "cart_total"


def linear_regression(step: float, intercept_step: float, width: float) -> Growth:
    """Scaled features and River's linear regression, with a step for each weight that shrinks as it learns.

    Parameters
    ----------
    step, intercept_step : float
        Of the weights (AdaGrad) and of the intercept (constant).
    width : float
        Labels further off than this pull no harder (Huber's loss): towards the median, which the absolute error asks
        for, and without its jump at 0, at which steps never settle.
    """
    regression = linear_model.LinearRegression(
        optimizer=optim.AdaGrad(step), loss=optim.losses.Huber(width), intercept_lr=intercept_step
    )
    return Growth(preprocessing.StandardScaler() | regression, _TOTAL, AMOUNTS)


def recursive_median_regression(forgetting: float, ridge: float, width: float) -> Growth:
    """Make a `RecursiveMedianRegression` on features as they are, since they are bounded."""
    return Growth(RecursiveMedianRegression(forgetting, ridge, width), _TOTAL, AMOUNTS)


MODELS: Final = (
    ModelSpec(
        "recursive-median",
        "online",
        recursive_median_regression,
        {"forgetting": 0.9999, "ridge": 20.0, "width": 0.25},
    ),
    ModelSpec("linear", "online", linear_regression, {"step": 0.01, "intercept_step": 1e-3, "width": 0.3}),
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
)
"""In the order of serving."""
