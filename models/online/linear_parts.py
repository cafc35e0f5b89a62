"""What each feature adds to the sum of a linear model."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from river import compose
from river.linear_model.base import GLM

__all__ = ["HasParts", "linear_parts"]


@runtime_checkable
class HasParts(Protocol):
    """A linear model of our own."""

    def parts_one(self, x: dict[Any, Any]) -> tuple[float, dict[str, float]]:
        """Intercept, and what each feature adds to it."""
        ...


def linear_parts(model: Any, x: dict[str, float]) -> tuple[float, dict[str, float]]:
    """Intercept of a linear model, and what each feature adds to it.

    Parameters
    ----------
    model : HasParts, river.linear_model.base.GLM or river.compose.Pipeline
        A pipeline must end in a linear model, and keep the names of features until there.
    x : dict of str to float
        What was seen.

    Raises
    ------
    TypeError
        If the model is none of these.

    Examples
    --------
    >>> from river import linear_model
    >>> linear_parts(linear_model.LinearRegression(intercept_init=2.0), {"x": 1.0})
    (2.0, {'x': 0.0})
    """
    seen: dict[Any, Any] = dict(x)
    if isinstance(model, compose.Pipeline):
        *scalers, model = model.steps.values()
        for scaler in scalers:
            seen = scaler.transform_one(seen)
    if isinstance(model, HasParts):
        return model.parts_one(seen)
    if isinstance(model, GLM):
        weights = model.weights
        return float(model.intercept), {str(n): float(weights.get(n, 0.0) * v) for n, v in seen.items()}
    message = f"A linear model is wanted. Got {type(model).__name__}."
    raise TypeError(message)
