"""The life of batch models: shadow, champion, retired; who stands where, since when, and on which evidence."""

from consumers.lifecycle.activation import FAULT_POINTS, Activations, Move
from consumers.lifecycle.evidence import evidence, served_loss
from consumers.lifecycle.life import Life, NotPromoted
from consumers.lifecycle.standing import Standing, standing_after
from consumers.lifecycle.why import Answered, predictions_of, quarantined, who_at, who_for

__all__ = [
    "FAULT_POINTS",
    "Activations",
    "Answered",
    "Life",
    "Move",
    "NotPromoted",
    "Standing",
    "evidence",
    "predictions_of",
    "quarantined",
    "served_loss",
    "standing_after",
    "who_at",
    "who_for",
]
