"""The audit: proves the promise, or says where it was broken, from the topics alone."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.queues import SimpleQueue

from consumers.audit.partition import MakeFold, PartitionAudit, Progress, ReadSnapshots, Until
from consumers.audit.report import AuditReport, PartitionReport
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import log_range
from infra.postgres import Snapshot
from infra.signatures import Signatures

__all__ = ["MANY_RECORDS", "audit"]

MANY_RECORDS = 50_000
"""From so many records on, partitions are audited side by side in processes of their own: starting one costs as much
as folding 10,000 records again."""


def _no_snapshots(_partition: int, _topic_id: str) -> Sequence[Snapshot]:
    return ()


def _no_progress(_partition: int, _done: int, _until: int) -> None:
    pass


def audit(
    bootstrap: str,
    *,
    group: str,
    fold: MakeFold,
    snapshots: ReadSnapshots = _no_snapshots,
    signatures: Signatures | None = None,
    namespace: str = "",
    partitions: Sequence[int] | None = None,
    progress: Progress = _no_progress,
    patience_s: float = 10.0,
    many_records: int = MANY_RECORDS,
) -> AuditReport:
    """Audit what a group of learners has committed.

    Every record of the main input below the group's offset must have led to exactly the predictions it should or
    to one dead letter, every settled visit to its labels, nothing to anything twice; labels as a second
    implementation works them out; the journal whole; and the log, folded again, must end in the committed chain.
    May run beside a learner: what is committed after the start is not looked at, in any partition. Memory grows
    with the decision points of a partition, by about 1 kB each.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    group : str
        Consumer group of the learners.
    fold : callable
        Makes the learner's fold of a partition in its first state. Can be pickled, for large logs.
    snapshots : callable
        Of (partition, id of the main input): verified snapshots, used where the log has been cut. Can be pickled.
    signatures : Signatures, optional
        Tell whose changes of models count, as the fold does; without, nobody's. Can be pickled.
    namespace : str
        Put before the names of topics.
    partitions : sequence of int, optional
        Only these.
    progress : callable
        Called now and then with (partition, records done, records in all).
    patience_s : float
        How long to wait for a transaction that is open on an output topic.
    many_records : int
        See `MANY_RECORDS`.

    Returns
    -------
    AuditReport
        Whether all is well, and if not, where.
    """
    ranges = log_range(bootstrap, topic_name(USER_EVENTS, namespace))
    audits = [
        PartitionAudit(bootstrap, group, namespace, number, fold, snapshots, signatures, progress, patience_s)
        for number in (sorted(ranges) if partitions is None else partitions)
    ]
    # Of all at once: beside busy learners, the second partition grows for as long as the first is audited.
    untils = [a.until_now() for a in audits]
    records = sum(ranges[a.partition][1] - ranges[a.partition][0] for a in audits)
    side_by_side = min(len(audits), os.cpu_count() or 1)
    if side_by_side > 1 and records >= many_records:
        reports = _side_by_side(audits, untils, side_by_side, progress)
    else:
        reports = [a.run(until) for a, until in zip(audits, untils, strict=True)]
    return AuditReport({report.partition: report for report in reports})


def _side_by_side(
    audits: Sequence[PartitionAudit], untils: Sequence[Until], processes: int, progress: Progress
) -> list[PartitionReport]:
    # Spawned: a fork would share the sockets and threads of whoever calls.
    context = multiprocessing.get_context("spawn")
    told: SimpleQueue[tuple[int, int, int] | None] = context.SimpleQueue()

    def pass_on() -> None:
        while (at := told.get()) is not None:
            progress(*at)

    listener = threading.Thread(target=pass_on, name="audit-progress", daemon=True)
    listener.start()
    try:
        with ProcessPoolExecutor(processes, context, _listen_to, (told,)) as pool:
            return list(pool.map(_run, [replace(a, progress=_tell) for a in audits], untils))
    finally:
        told.put(None)
        listener.join()


_telling: Callable[[tuple[int, int, int]], None] | None = None


def _listen_to(told: SimpleQueue[tuple[int, int, int] | None]) -> None:
    # Once in each process of the pool: a queue can't be an argument of a task.
    global _telling
    _telling = told.put


def _tell(partition: int, done: int, until: int) -> None:
    if _telling is not None:
        _telling((partition, done, until))


def _run(one: PartitionAudit, until: Until) -> PartitionReport:
    return one.run(until)
