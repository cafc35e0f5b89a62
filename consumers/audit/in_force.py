"""Which batch model stands where since which offset: told on ``ml.models`` once for each ModelActivated folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from consumers.audit.report import PartitionReport
from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.records import ModelInForce, ModelNews
from contracts.topics import MODELS
from infra.kafka import Record
from models.belief import OF_ANY_TIME, believed

__all__ = ["check_in_force", "in_force"]


def in_force(news: Iterable[Record]) -> list[ModelInForce]:
    """What workers have told, in the order of the topic; other news of models are passed over."""
    found = []
    for record in news:
        try:
            told: ModelNews | None = believed(decode(MODELS, record.value), record.partition, OF_ANY_TIME)
        except BadRecord:
            continue
        if isinstance(told, ModelInForce):
            found.append(told)
    return found


def check_in_force(
    topic: str,
    news: Iterable[Record],
    folded: Mapping[tuple[str, str, int], str],
    since: int,
    report: PartitionReport,
) -> None:
    """Hold what was told of a partition against what folding the log again found in offsets [since, end).

    Parameters
    ----------
    topic : str
        Name of ``ml.models`` on the broker.
    news : iterable of Record
        What stands there.
    folded : mapping of (str, str, int) to str
        Task, model and offset of each activation, and its stage.
    since : int
        First offset that was folded by this code.
    report : PartitionReport
        Of the partition.
    """
    told = Counter(
        (one.task, one.model, one.offset, one.stage)
        for one in in_force(news)
        if one.partition == report.partition and since <= one.offset < report.end
    )
    must = {(*at, stage) for at, stage in folded.items()}
    activated = {(task, model) for task, model, _ in folded}
    for task, model, offset, stage in sorted(must - told.keys()):
        report.found(
            "missing", topic, offset, f"{model} of {task} is {stage} from there on, which was not told"
        )
    for (task, model, offset, stage), times in sorted(told.items()):
        if (task, model) not in activated:  # nobody's model: made up by a stranger
            report.pass_over(topic, times)
        elif (task, model, offset, stage) not in must or times > 1:
            what = f"{model} of {task} as {stage} from offset {offset} on was told {times} times"
            report.found("duplicate", topic, offset, what)
