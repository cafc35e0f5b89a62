"""How good the answers are: prequential, windowed and fading, against what can be known at all."""

from models.evaluate.losses import CLIP, absolute_error, amount, log_loss_of, probability

__all__ = ["CLIP", "absolute_error", "amount", "log_loss_of", "probability"]
