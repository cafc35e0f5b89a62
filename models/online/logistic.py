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
        equal ones, so steps must be small: at 0.02 it learnt 0.916 of the learnable, plain SGD 0.873 at 3e-4
        and 0.865 at 1e-3.
    """
    regression = linear_model.LogisticRegression(optimizer=optim.AdaGrad(step), intercept_lr=intercept_step)
    return RiverClassifier(preprocessing.StandardScaler() | regression)


def second_order_logistic_regression(**parameters: float) -> RiverClassifier:
    """Make a `SecondOrderLogisticRegression` on features as they are, since they are bounded."""
    return RiverClassifier(SecondOrderLogisticRegression(**parameters))
