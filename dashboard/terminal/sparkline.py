"""A curve in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["resample", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"


def resample(values: Sequence[float | None], width: int) -> list[float | None]:
    """Bring `values` to at most `width` points: each the mean of the known ones of its stretch.

    Examples
    --------
    >>> resample([1.0, 3.0, None, 5.0], 2)
    [2.0, 5.0]
    >>> resample([1.0, 2.0], 5)
    [1.0, 2.0]
    """
    if len(values) <= width:
        return list(values)
    points: list[float | None] = []
    for i in range(width):
        stretch = values[i * len(values) // width : (i + 1) * len(values) // width]
        known = [value for value in stretch if value is not None]
        points.append(sum(known) / len(known) if known else None)
    return points


def sparkline(values: Sequence[float | None], width: int, low: float, high: float) -> str:
    """`values` as bars between `low` and `high`, oldest first; what is unknown is a blank.

    Parameters
    ----------
    values : sequence of float or None
        In the order of time.
    width : int
        Characters at most.
    low, high : float
        What the lowest and the highest bar stand for; values outside are clipped.

    Examples
    --------
    >>> sparkline([0.0, 0.5, None, 1.0], 8, 0.0, 1.0)
    '▁▅ █'
    >>> sparkline([3.0, 3.0], 8, 3.0, 3.0)
    '▄▄'
    """
    span = high - low
    line = ""
    for value in resample(values, width):
        if value is None:
            line += " "
        elif span <= 0:
            line += _BARS[3]
        else:
            line += _BARS[max(0, min(7, int((value - low) / span * 7 + 0.5)))]
    return line
