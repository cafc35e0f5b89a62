"""What the answers to one event are made of: by folding the log again up to the moment when they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from consumers.engine import Fold
from consumers.trace.event import AskedTask, Trace, Turn
from contracts.errors import BadRecord, FreshetError, UsageError
from contracts.records import Prediction, is_batch
from infra.kafka import Record, log_range, read_to_end, topic_id
from infra.postgres import Snapshot
from models.explanation import Explanation

__all__ = ["Explained", "WatchedFold", "explain"]

_COMPLETE_EVERY = 1_000

_Said = tuple[str, dict[str, float], Explanation | None]
Told = Callable[[str, dict[str, float], Explanation | None], None]
Progress = Callable[[int, int], None]


class WatchedFold(Fold, Protocol):
    """A fold whose models can be looked at while they answer."""

    def watch(self, task: str, told: Told) -> None:
        """See `models.portfolio.Portfolio.watch`."""
        ...


@dataclass(frozen=True)
class Explained:
    """One task's answers to the event, explained.

    Parameters
    ----------
    asked : AskedTask
        What was answered.
    x : dict of str to float
        What was seen.
    models : dict of str to Explanation or None
        By online model that answered; None where it has no explanation.
    """

    asked: AskedTask
    x: dict[str, float]
    models: dict[str, Explanation | None]


def explain(
    bootstrap: str,
    found: Trace,
    tasks: Sequence[AskedTask],
    fold: WatchedFold,
    snapshots: Callable[[int, str], Iterable[Snapshot]],
    progress: Progress,
) -> list[Explained]:
    """Explain what online models answered.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    found : Trace
        The event.
    tasks : sequence of AskedTask
        Those of its tasks that are to be explained.
    fold : WatchedFold
        The learner's, of the event's partition, in its first state. It is used up.
    snapshots : callable
        Of (partition, id of the main input): verified ones of the learners; they shorten the way.
    progress : callable
        Called now and then with (records folded, records in all).

    Raises
    ------
    UsageError
        If the state of that moment can't be had again: other code answered, or the log has been cut.
    """
    turn = found.turn
    if turn is None:
        message = f"{found.event.id} must have been answered. No learner has come to offset {found.record.offset:,}."
        raise UsageError(message)
    if turn.fingerprint != fold.fingerprint:
        message = (
            f"{found.event.id} must have been answered by this code to be explained. It was by other code, in "
            f"generation {turn.generation}."
        )
        raise UsageError(
            message, hint="An event that was answered since the change of code can be explained."
        )
    start = _begin(bootstrap, found, turn, fold, snapshots)
    return _fold(bootstrap, found.record, start, tasks, fold, progress)


def _begin(
    bootstrap: str,
    found: Trace,
    turn: Turn,
    fold: WatchedFold,
    snapshots: Callable[[int, str], Iterable[Snapshot]],
) -> int:
    """Bring the fold to the latest state that can be had of before the event; where that ends."""
    main, partition, offset = found.record.topic, found.record.partition, found.record.offset
    for one in snapshots(partition, topic_id(bootstrap, main)):
        is_same = (one.generation, one.fingerprint) == (turn.generation, turn.fingerprint)
        if is_same and one.end_offset <= offset:
            fold.restore(one.payload)
            return one.end_offset
    first = log_range(bootstrap, main)[partition][0]
    if first > turn.origin:
        message = (
            f"The log must reach back to offset {turn.origin:,}, or there must be a snapshot of before "
            f"{found.event.id}. It begins at {first:,}."
        )
        raise UsageError(message, hint="Newer events can be explained.")
    return turn.origin


def _fold(
    bootstrap: str,
    target: Record,
    start: int,
    tasks: Sequence[AskedTask],
    fold: WatchedFold,
    progress: Progress,
) -> list[Explained]:
    told: dict[str, list[_Said]] = {}
    waiting = {one.prediction.task: one for one in tasks}
    found: list[Explained] = []

    def listen(task: str) -> Told:
        return lambda model, x, explanation: told.setdefault(task, []).append((model, x, explanation))

    records = read_to_end(
        bootstrap, target.topic, start={target.partition: start}, partitions=[target.partition]
    )
    for number, record in enumerate(records):
        if record.offset == target.offset:
            for task in waiting:
                fold.watch(task, listen(task))
        told.clear()
        try:
            outputs = fold.step(record).outputs
        except BadRecord:
            continue
        for task in list(waiting):
            given = [one for one in outputs if isinstance(one, Prediction) and one.task == task]
            for place, one in enumerate(given):
                if one.offset == target.offset:
                    found.append(_explained(waiting.pop(task), one, told.get(task, []), place))
        if record.offset >= target.offset and not waiting:
            return found
        if number % _COMPLETE_EVERY == 0:
            fold.complete()
            progress(record.offset - start, max(target.offset - start, 1))
    message = f"The log must hold what was asked at offset {target.offset:,}. It ends before."
    raise UsageError(message)


def _explained(asked: AskedTask, again: Prediction, said: Iterable[_Said], place: int) -> Explained:
    """The explanations of the prediction that was the task's number `place` at its record."""
    for model, answer in asked.prediction.answers.items():
        if not is_batch(model) and again.answers.get(model) != answer:
            message = (
                f"{model} must have answered {again.answers.get(model)}, as folding the log again says. It is told to "
                f"have answered {answer}."
            )
            raise FreshetError(message, hint="`freshet audit` says what is wrong.")
    models: dict[str, list[tuple[dict[str, float], Explanation | None]]] = {}
    for model, x, explanation in said:
        models.setdefault(model, []).append((x, explanation))
    # A model that breaks is silent from then on, so the places of all others stay the same.
    answered = {model: rows[place] for model, rows in models.items() if again.answers.get(model) is not None}
    x = next((x for x, _ in answered.values()), {})
    return Explained(asked, x, {model: explanation for model, (_, explanation) in answered.items()})
