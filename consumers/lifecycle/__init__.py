"""The life of batch models.

Which model is in which stage (shadow, champion, retired), since when, and on which evidence.
"""

from consumers.lifecycle.activation import FAULT_POINTS, Activations, Move
from consumers.lifecycle.deployment_history import DeploymentHistory, history_of
from consumers.lifecycle.evidence import evidence, served_loss
from consumers.lifecycle.life import Life, NotPromoted
from consumers.lifecycle.why import Answered, predictions_of, quarantined, who_at, who_for

__all__ = [
    "FAULT_POINTS",
    "Activations",
    "Answered",
    "Life",
    "Move",
    "NotPromoted",
    "DeploymentHistory",
    "evidence",
    "predictions_of",
    "quarantined",
    "served_loss",
    "history_of",
    "who_at",
    "who_for",
]
