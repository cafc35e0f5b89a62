"""Models that learn one example at a time, and the baselines they must beat."""

from models.online.classifier import RiverClassifier
from models.online.frozen import Frozen
from models.online.logistic import logistic_regression, second_order_logistic_regression
from models.online.prior import Prior
from models.online.protocol import OnlineModel
from models.online.second_order import SecondOrderLogisticRegression

__all__ = [
    "Frozen",
    "OnlineModel",
    "Prior",
    "RiverClassifier",
    "SecondOrderLogisticRegression",
    "logistic_regression",
    "second_order_logistic_regression",
]
