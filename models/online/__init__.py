"""Models that learn one example at a time, and the baselines they must beat."""

from models.online.prior import Prior
from models.online.protocol import OnlineModel

__all__ = ["OnlineModel", "Prior"]
