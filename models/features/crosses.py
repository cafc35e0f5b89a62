"""Products of two features, where what one says depends on the other."""

from __future__ import annotations

from models.features.declared import Feature

__all__ = ["cross_features", "cross_values"]

_PAIRS = (
    # What is known of the intent weighs differently with an empty cart than with a full one.
    ("dwell_pull", "cart_empty"),
    ("dwell_sum", "dwell_pull"),
    ("views", "cart_empty"),
    ("views", "dwell_mean"),
    ("is_view", "cart_empty"),
    ("is_view", "cart_one"),
    ("user_order_rate", "cart_empty"),
    ("user_order_rate", "dwell_pull"),
    ("product_add_rate", "is_view"),
    ("product_add_rate", "cart_empty"),
    ("views_with_cart", "dwell_mean"),
)


def cross_features(declared: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Declare the crosses of `declared`, bounds following from theirs."""
    by_name = {feature.name: feature for feature in declared}
    crossed = []
    for first, second in _PAIRS:
        a, b = by_name[first], by_name[second]
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        crossed.append(
            Feature(f"{first}_x_{second}", min(corners), max(corners), f"{a.what}; times {b.what}")
        )
    return tuple(crossed)


def cross_values(x: dict[str, float]) -> list[float]:
    """Values of the crosses, of values within their bounds."""
    return [x[first] * x[second] for first, second in _PAIRS]
