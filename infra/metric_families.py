"""Metrics as they are exposed: a name, a sentence, and a value for each set of labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

__all__ = ["Values", "counter", "gauge"]

Values: TypeAlias = float | Iterable[tuple[Sequence[str] | str, float]]
"""One value, or one for each label's text (a sequence of them where there are several labels)."""


def counter(name: str, text: str, values: Values, *labels: str) -> Metric:
    """A counter; prometheus-client adds ``_total`` to its name.

    Examples
    --------
    >>> [(sample.labels, sample.value) for sample in counter("rows", "Rows.", [("a", 2)], "table").samples]
    [({'table': 'a'}, 2)]
    """
    from prometheus_client.metrics_core import CounterMetricFamily  # takes its time, and is for machines only

    return _filled(CounterMetricFamily(name, text, labels=labels), values)


def gauge(name: str, text: str, values: Values, *labels: str) -> Metric:
    """A value that may fall.

    Examples
    --------
    >>> [(sample.labels, sample.value) for sample in gauge("lag", "Records.", 7).samples]
    [({}, 7)]
    """
    from prometheus_client.metrics_core import GaugeMetricFamily

    return _filled(GaugeMetricFamily(name, text, labels=labels), values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    for at, value in values if isinstance(values, Iterable) else [((), values)]:
        family.add_metric([at] if isinstance(at, str) else at, value)
    return family
