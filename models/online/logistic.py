"""The models of the conversion task, as they are declared there: River's classifiers, ready to learn."""

from __future__ import annotations

from river import linear_model, optim, preprocessing

from models.online.classifier import RiverClassifier
from models.online.second_order import SecondOrderLogisticRegression

__all__ = ["logistic_regression", "second_order_logistic_regression"]


def logistic_regression(step: float, intercept_step: float) -> RiverClassifier:
    """Scaled features and River's logistic regression, with a step for each weight that shrinks as it learns.

    Parameters
    ----------
    step, intercept_step : float
        Of the weights (AdaGrad) and of the intercept (constant). Labels of one session come in a burst of
        equal ones, so steps must be small.
    """
    regression = linear_model.LogisticRegression(optimizer=optim.AdaGrad(step), intercept_lr=intercept_step)
    return RiverClassifier(preprocessing.StandardScaler() | regression)


def second_order_logistic_regression(forgetting: float, prior_variance: float) -> RiverClassifier:
    """Make a `SecondOrderLogisticRegression` on features as they are, since they are bounded."""
    return RiverClassifier(SecondOrderLogisticRegression(forgetting, prior_variance))
