"""All features of the conversion task."""

from __future__ import annotations

from contracts.events import CartAdded, ProductViewed, UserEvent
from models.features.declared import Feature, clipped

__all__ = ["ConversionFeatures"]


class ConversionFeatures:
    """What is known when a session looks at a product or puts it into the cart."""

    declared = (Feature("is_add", 0.0, 1.0, "1 where this event adds to the cart"),)

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """See `FeatureSet`."""
        if not isinstance(event, ProductViewed | CartAdded):
            msg = f"Conversion is asked at views and cart adds. Got {type(event).__name__}."
            raise TypeError(msg)
        return clipped(self.declared, [1.0 if isinstance(event, CartAdded) else 0.0])

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
