"""What the models see: each feature a pure function of (state before the event, event), defined once."""

from models.features.basket import BasketFeatures
from models.features.conversion import ConversionFeatures
from models.features.declared import Feature, FeatureSet, clipped

__all__ = ["BasketFeatures", "ConversionFeatures", "Feature", "FeatureSet", "clipped"]
