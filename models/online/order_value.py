"""The models of the basket task, as they are declared there: regressors on how much a cart still grows."""

from __future__ import annotations

from river import linear_model, optim, preprocessing

from models.features.basket import AMOUNTS
from models.online.growth import Growth
from models.online.recursive_median import RecursiveMedianRegression

__all__ = ["linear_regression", "recursive_median_regression"]

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
