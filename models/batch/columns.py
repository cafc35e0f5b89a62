"""Which columns there are, and of what kind: it decides what a pipeline does to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from models.features.declared import Feature

__all__ = ["Columns", "columns_of"]


class Columns(NamedTuple):
    """Columns of a matrix by kind; those of no kind are not looked at.

    Parameters
    ----------
    names : tuple of str
        Of all columns, in order.
    numbers : tuple of int
        Places of those that are scaled.
    flags : tuple of int
        Of those between 0 and 1, taken as they are.
    amounts : tuple of int
        Of those with a heavy tail, taken on a log scale; 0 and more.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()


def columns_of(declared: tuple[Feature, ...], without: Collection[str] = ()) -> Columns:
    """Columns of a feature set: the kind follows from the bounds.

    Parameters
    ----------
    declared : tuple of Feature
        In the order of the columns.
    without : collection of str
        Names of those that are not to be looked at.

    Examples
    --------
    >>> columns_of((Feature("a", 0.0, 1.0), Feature("b", -3.0, 3.0), Feature("c", 0.0, 1e9)), without=("c",))
    Columns(names=('a', 'b', 'c'), numbers=(1,), flags=(0,), amounts=())
    """
    flags = tuple(
        place
        for place, feature in enumerate(declared)
        if (feature.low, feature.high) == (0.0, 1.0) and feature.name not in without
    )
    numbers = tuple(
        place for place, feature in enumerate(declared) if place not in flags and feature.name not in without
    )
    return Columns(tuple(feature.name for feature in declared), numbers, flags)
