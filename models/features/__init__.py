"""What the models see: each feature a pure function of (state before the event, event), defined once."""

from models.features.declared import Feature, FeatureSet, clipped

__all__ = ["Feature", "FeatureSet", "clipped"]
