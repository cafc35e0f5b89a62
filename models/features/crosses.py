"""Products of two features, where what one says depends on the other."""

from __future__ import annotations

from typing import TypeAlias

from models.features.declared import Feature

__all__ = ["Pairs", "cross_features", "cross_values"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]


def cross_features(declared: tuple[Feature, ...], pairs: Pairs) -> tuple[Feature, ...]:
    """Declare the crosses of `declared`, bounds following from theirs."""
    by_name = {feature.name: feature for feature in declared}
    crossed = []
    for first, second in pairs:
        a, b = by_name[first], by_name[second]
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        crossed.append(
            Feature(f"{first}_x_{second}", min(corners), max(corners), f"{a.what}; times {b.what}")
        )
    return tuple(crossed)


def cross_values(x: dict[str, float], pairs: Pairs) -> list[float]:
    """Values of the crosses, of values within their bounds."""
    return [x[first] * x[second] for first, second in pairs]
