"""What training sees, without a broker or a database: a shop through the portfolio, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.codec import decode_user_event, time_ms
from contracts.emission import Emission
from contracts.records import Features, Outcome
from contracts.topics import USER_EVENTS
from models.batch import Example, Examples
from models.portfolio import Portfolio
from models.tasks import TaskSpec

__all__ = ["examples_of", "logged"]


def logged(shop: Iterable[Emission], task: TaskSpec, partitions: int) -> Iterator[tuple[Features, Outcome]]:
    """Every settled label with what the models saw, in the order of settlement."""
    portfolios = [Portfolio(partition, (task,)) for partition in range(partitions)]
    offsets = [0] * partitions
    waiting: dict[tuple[int, int], Features] = {}
    for emission in shop:
        if emission.topic != USER_EVENTS.name:
            continue
        event, ms = decode_user_event(emission.value)
        outputs = portfolios[emission.partition].step(event, ms, offsets[emission.partition])
        offsets[emission.partition] += 1
        for output in outputs:
            if isinstance(output, Features):
                waiting[emission.partition, output.offset] = output
            elif isinstance(output, Outcome):
                yield waiting.pop((output.partition, output.offset)), output


def examples_of(shop: Iterable[Emission], task: TaskSpec, partitions: int) -> Examples:
    """All settled labels of a shop."""
    names = [feature.name for feature in task.features().declared]
    rows = (
        Example(
            outcome.partition,
            outcome.offset,
            outcome.session_id,
            time_ms(outcome.time),
            time_ms(outcome.settled_time),
            outcome.label,
            outcome.answers,
            features.values,
        )
        for features, outcome in logged(shop, task, partitions)
        if outcome.label is not None
    )
    return Examples.of(rows, names)
