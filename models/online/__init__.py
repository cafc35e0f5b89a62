"""Models that learn one example at a time, and the baselines they must beat."""

from models.online.classifier import RiverClassifier
from models.online.frozen import Frozen
from models.online.prior import Prior
from models.online.protocol import OnlineModel
from models.online.second_order import SecondOrderLogisticRegression

__all__ = ["Frozen", "OnlineModel", "Prior", "RiverClassifier", "SecondOrderLogisticRegression"]
