"""Which model answered, since which offset, and by which change: from the topics alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from contracts.codec import decode, decode_user_event, time_ms
from contracts.errors import BadRecord, UsageError
from contracts.records import ModelInForce, ModelNews, ModelQuarantined, Prediction
from contracts.topics import MODELS, PREDICTIONS, USER_EVENTS, topic_name
from infra.kafka import ShopLog, log_range, offsets_from, read_to_end
from models.belief import OF_ANY_TIME, Known, any_batch, believed
from models.deployments import champion_of
from models.tasks import TASKS

__all__ = ["Answered", "predictions_of", "quarantined", "who_at", "who_for"]


HasBatch: TypeAlias = Callable[[str, str], bool]


@dataclass(frozen=True)
class Answered:
    """Who answered for a task in a partition.

    Parameters
    ----------
    task, partition
        Where.
    served : str or None
        The model whose answer is served.
    since_offset : int or None
        Offset of the main input from which this holds; None if it always did.
    champion : ModelInForce or None
        The batch champion's activation; None where there is none.
    out : ModelQuarantined or None
        Where and why the champion failed: from there on an online model takes its place.
    """

    task: str
    partition: int
    served: str | None
    since_offset: int | None
    champion: ModelInForce | None
    out: ModelQuarantined | None

    def as_json(self) -> dict[str, Any]:
        """As ``freshet why --json`` prints it."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made


def news_of(bootstrap: str, namespace: str, has_batch: HasBatch) -> list[ModelNews]:
    """All records about models that can be believed, in the order of the topic."""
    main = topic_name(USER_EVENTS, namespace)
    known = Known(has_batch, len(log_range(bootstrap, main)), log=ShopLog(bootstrap, main))
    found: list[ModelNews] = []
    broke: list[tuple[int, ModelQuarantined]] = []
    for record in read_to_end(bootstrap, topic_name(MODELS, namespace)):
        try:
            news: ModelNews | None = believed(decode(MODELS, record.value), record.partition, known)
        except BadRecord:
            continue
        if news is not None:
            found.append(news)
        if isinstance(news, ModelQuarantined):
            broke.append((record.timestamp_ms, news))
    answering = _still_answering(bootstrap, namespace, broke)
    return [one for one in found if one not in answering]


def _still_answering(
    bootstrap: str, namespace: str, broke: list[tuple[int, ModelQuarantined]]
) -> set[ModelQuarantined]:
    """Quarantines of models that still answer, which the first prediction after their offset shows."""
    topic, found = topic_name(PREDICTIONS, namespace), set()
    since: dict[int, int] = {}
    for told_ms, one in broke:
        since[one.partition] = min(told_ms, since.get(one.partition, told_ms))
    waiting = {one for _, one in broke}
    if not waiting:
        return set()
    start = offsets_from(bootstrap, topic, since)
    for record in read_to_end(bootstrap, topic, start=start, partitions=list(since)):
        try:
            said: Prediction | None = believed(
                decode(PREDICTIONS, record.value), record.partition, OF_ANY_TIME
            )
        except BadRecord:
            continue
        if said is None:
            continue
        about = {one for one in waiting if (one.task, one.partition) == (said.task, said.partition)}
        decided = {one for one in about if one.offset < said.offset and one.model in said.answers}
        found |= {one for one in decided if said.answers[one.model] is not None}
        waiting -= decided
        if not waiting:
            break
    return found


def quarantined(bootstrap: str, namespace: str, task: str) -> dict[str, ModelQuarantined]:
    """The models of a task that failed in any partition, and where each did first; batch ones as ``name@version``."""
    found: dict[str, ModelQuarantined] = {}
    for one in news_of(bootstrap, namespace, any_batch):
        if isinstance(one, ModelQuarantined) and one.task == task:
            found.setdefault(one.model, one)
    return found


def predictions_of(bootstrap: str, namespace: str, event_id: str) -> list[Prediction]:
    """The predictions of one event, one a task.

    Raises
    ------
    UsageError
        If there are none.
    """
    wanted = event_id.encode()
    found: list[Prediction] = []
    for record in read_to_end(bootstrap, topic_name(PREDICTIONS, namespace)):
        if wanted in (record.value or b""):
            try:
                prediction: Prediction | None = decode(PREDICTIONS, record.value)
            except BadRecord:
                continue
            prediction = believed(prediction, record.partition, OF_ANY_TIME)
            if prediction is not None and prediction.event_id == event_id:
                found.append(prediction)
    if not found:
        message = (
            f"There must be a prediction of the event {event_id!r}. There is none on {PREDICTIONS.name}."
        )
        raise UsageError(
            message, hint="`freshet watch` shows the ids of events; old records are deleted in time."
        )
    return found


def who_for(
    bootstrap: str, namespace: str, event_id: str, has_batch: HasBatch = any_batch
) -> list[tuple[Prediction, Answered]]:
    """Who answered an event, by task; raises as `predictions_of`, and `has_batch` is as in `models.belief.Known`."""
    predictions = predictions_of(bootstrap, namespace, event_id)
    news = news_of(bootstrap, namespace, has_batch)
    return [(one, _for(one, _of(news, one.task, one.partition))) for one in predictions]


def who_at(
    bootstrap: str, namespace: str, task: str, time: str, has_batch: HasBatch = any_batch
) -> list[Answered]:
    """Who answered for `task` at an event time, by partition.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    task : str
        One of `TASKS`.
    time : str
        As events carry it: ``2026-01-05T08:00:00.000Z``. A partition counts the activations that it had folded when its
        clock passed this time.
    has_batch : callable
        As in `models.belief.Known`.

    Raises
    ------
    UsageError
        If there is no such task, or no such time.
    """
    if task not in TASKS:
        message = f"A task must be one of {', '.join(TASKS)}. Got {task!r}."
        raise UsageError(message)
    try:
        at_ms = time_ms(time)
    except ValueError as error:
        message = f"A time must look like 2026-01-05T08:00:00.000Z. Got {time!r}."
        raise UsageError(message) from error
    news = news_of(bootstrap, namespace, has_batch)
    partitions = sorted(log_range(bootstrap, topic_name(PREDICTIONS, namespace)))
    main = topic_name(USER_EVENTS, namespace)
    found = []
    for partition in partitions:
        mine = _of(news, task, partition)
        known = [
            one
            for one in mine
            if isinstance(one, ModelInForce) or _happened_ms(bootstrap, main, one) <= at_ms
        ]
        found.append(_at(task, partition, at_ms, known))
    return found


def _happened_ms(bootstrap: str, main: str, one: ModelQuarantined) -> int:
    """Event time of the record at which a model failed; earlier than all others if the log no longer has it."""
    start = {one.partition: one.offset}
    record = next(read_to_end(bootstrap, main, start=start, partitions=[one.partition]), None)
    if record is None or record.offset != one.offset:
        return 0
    return decode_user_event(record.value)[1]


def _of(news: Iterable[Any], task: str, partition: int) -> list[ModelInForce | ModelQuarantined]:
    """Of one partition, in the order of offsets."""
    mine = [
        one
        for one in news
        if isinstance(one, ModelInForce | ModelQuarantined) and (one.task, one.partition) == (task, partition)
    ]
    return sorted(mine, key=lambda one: one.offset)


def _at(task: str, partition: int, at_ms: int, news: list[ModelInForce | ModelQuarantined]) -> Answered:
    """Of `news` activations of any time, and quarantines of before `at_ms`."""
    activations = [one for one in news if isinstance(one, ModelInForce)]
    reached = [one for one in activations if time_ms(one.time) <= at_ms]
    champion = champion_of(reached)
    broken = [one for one in news if isinstance(one, ModelQuarantined)]
    out = _out(champion, broken)
    names = {one.model for one in broken}
    online = next((m.name for m in TASKS[task].models if m.name not in names), None)
    since = out or champion or (reached[-1] if reached else None)
    return Answered(
        task,
        partition,
        served=champion.model if champion and out is None else online,
        since_offset=since.offset if since else None,
        champion=champion,
        out=out,
    )


def _for(prediction: Prediction, news: list[ModelInForce | ModelQuarantined]) -> Answered:
    known = [one for one in news if one.offset <= prediction.offset]
    activations = [one for one in known if isinstance(one, ModelInForce)]
    champion = champion_of(activations)
    out = _out(champion, known)
    since = out or champion or (activations[-1] if activations else None)
    return Answered(
        prediction.task,
        prediction.partition,
        served=prediction.model,
        since_offset=since.offset if since else None,
        champion=champion,
        out=out,
    )


def _out(
    champion: ModelInForce | None, known: Iterable[ModelInForce | ModelQuarantined]
) -> ModelQuarantined | None:
    if champion is None:
        return None
    return next((n for n in known if isinstance(n, ModelQuarantined) and n.model == champion.model), None)
