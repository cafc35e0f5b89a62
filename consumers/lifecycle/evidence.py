"""Losses of a candidate and of the served model on the same labels, read from ``ml.outcomes``."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from contracts.codec import decode, time_ms
from contracts.errors import BadRecord
from contracts.records import is_batch
from contracts.topics import OUTCOMES, USER_EVENTS, topic_name
from contracts.views import OutcomeLosses
from infra.kafka import Record, offsets_from, read_to_end
from models.evaluate import GateReport, gate

__all__ = ["evidence", "judged", "served_loss"]

_TELL_EVERY: Final = 1_000


def served_loss(losses: Mapping[str, float | None], champion: str | None) -> float | None:
    """The loss of the served model: the champion among batch models, else the first online model that answered.

    Examples
    --------
    >>> losses = {"second-order": 0.3, "logistic": 0.4, "a@1": 0.2, "b@1": None}
    >>> served_loss(losses, "a@1"), served_loss(losses, "b@1"), served_loss(losses, None)
    (0.2, 0.3, 0.3)
    """
    if champion is not None and (loss := losses.get(champion)) is not None:
        return loss
    return next((loss for name, loss in losses.items() if loss is not None and not is_batch(name)), None)


def evidence(
    bootstrap: str,
    namespace: str,
    *,
    task: str,
    candidate: str,
    champion: str | None,
    since: Mapping[int, int],
    progress: Callable[[int], None] = lambda _labels: None,
) -> GateReport:
    """Ask the gate about a candidate, with all labels of predictions made since both models answer.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    task, candidate : str
        Of the candidate its ``name@version``.
    champion : str or None
        The model that is served now; None for an online model.
    since : mapping of int to int
        The offset of the main input from which both candidate and champion answer, by partition: see
        `DeploymentHistory.both_since`.
    progress : callable
        Called now and then with how many labels were read.
    """
    main, outcomes = topic_name(USER_EVENTS, namespace), topic_name(OUTCOMES, namespace)
    began_ms = {
        p: ms for p, offset in since.items() if (ms := _appended_ms(bootstrap, main, p, offset)) is not None
    }
    records = read_to_end(bootstrap, outcomes, start=offsets_from(bootstrap, outcomes, began_ms))
    return judged(records, task=task, candidate=candidate, champion=champion, since=since, progress=progress)


def judged(
    records: Iterable[Record],
    *,
    task: str,
    candidate: str,
    champion: str | None,
    since: Mapping[int, int],
    progress: Callable[[int], None] = lambda _labels: None,
) -> GateReport:
    """The gate's decision on `records` of ``ml.outcomes``.

    These must be in order within a partition; the rest is as for `evidence`. It takes some 300 bytes of memory for each
    session, and none for a label.
    """
    sums = _BySession()
    for record in records:
        try:
            one: OutcomeLosses = decode(OUTCOMES, record.value, OutcomeLosses)
        except BadRecord:
            continue  # a late label, or not ours
        if one.partition != record.partition or one.task != task:
            continue
        if one.label is None or one.offset <= since.get(one.partition, one.offset):
            continue
        mine, theirs = one.losses.get(candidate), served_loss(one.losses, champion)
        if mine is not None and theirs is not None:
            sums.add(one, time_ms(one.settled_time), record.offset, mine, theirs)
            if sums.count % _TELL_EVERY == 0:
                progress(sums.count)
    return sums.report()


class _BySession:
    """Losses, added up by session while they are read: a shop that runs for weeks has millions of labels."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: dict[str, int] = {}
        self._settled_ms, self._partitions, self._offsets, self._labels = (array("q") for _ in range(4))
        self._mine, self._theirs = array("d"), array("d")

    def add(self, one: OutcomeLosses, settled_ms: int, offset: int, mine: float, theirs: float) -> None:
        # A session's name counts within its partition alone.
        row = self._rows.setdefault(f"{one.partition}/{one.session_id}", len(self._rows))
        if row == len(self._labels):
            self._settled_ms.append(settled_ms)
            self._partitions.append(one.partition)
            self._offsets.append(offset)
            self._labels.append(0)
            self._mine.append(0.0)
            self._theirs.append(0.0)
        elif settled_ms < self._settled_ms[row]:  # the clock of events may go back
            self._settled_ms[row], self._offsets[row] = settled_ms, offset
        self._labels[row] += 1
        self._mine[row] += mine
        self._theirs[row] += theirs
        self.count += 1

    def report(self) -> GateReport:
        """The gate's decision; sessions are in the order in which the first label of each was settled."""
        order = np.lexsort([np.asarray(c) for c in (self._offsets, self._partitions, self._settled_ms)])
        mine, theirs, labels = (np.asarray(c)[order] for c in (self._mine, self._theirs, self._labels))
        return gate(mine, theirs, np.arange(len(order)), labels)


def _appended_ms(bootstrap: str, topic: str, partition: int, offset: int) -> int | None:
    found = next(read_to_end(bootstrap, topic, start={partition: offset}, partitions=[partition]), None)
    return None if found is None else found.timestamp_ms
