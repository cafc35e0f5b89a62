"""Products of two features, where what one says depends on the other."""

from __future__ import annotations

from models.features.declared import Feature

__all__ = ["cross_features", "cross_values"]

# Chosen by score tests against the simulator's oracle, before and after a drift. The eleven before them added nothing.
_PAIRS = (
    # How someone looks around says the more of the intent the longer it is known, and differently on each device.
    ("minutes", "dwell_pull"),
    ("minutes", "dwell_max"),
    ("minutes", "dwell_mean"),
    ("views_no_cart", "dwell_mean"),
    ("dwell_mean", "desktop"),
    ("dwell_mean", "phone"),
    ("is_view", "cart_empty"),
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
