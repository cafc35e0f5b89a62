"""The audit: proves the promise, or says where it was broken, from the topics alone."""

from __future__ import annotations

from collections.abc import Sequence

from consumers.audit.partition import MakeFold, PartitionAudit, Progress, ReadSnapshots
from consumers.audit.report import AuditReport
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import log_range

__all__ = ["audit"]


def audit(
    bootstrap: str,
    *,
    group: str,
    fold: MakeFold,
    snapshots: ReadSnapshots = lambda _partition, _topic_id: (),
    namespace: str = "",
    partitions: Sequence[int] | None = None,
    progress: Progress = lambda _partition, _done, _until: None,
    patience_s: float = 10.0,
) -> AuditReport:
    """Audit what a group of learners has committed.

    Every record of the main input below the group's offset must have led to exactly the predictions it should or
    to one dead letter, every settled visit to its labels, nothing to anything twice; labels as a second
    implementation works them out; the journal whole; and the log, folded again, must end in the committed chain.
    May run beside a learner: what is committed after the start is not looked at. Memory grows with the decision
    points of a partition, by about 1 kB each.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    group : str
        Consumer group of the learners.
    fold : callable
        Makes the learner's fold of a partition in its first state.
    snapshots : callable
        Of (partition, id of the main input): verified snapshots, used where the log has been cut.
    namespace : str
        Put before the names of topics.
    partitions : sequence of int, optional
        Only these.
    progress : callable
        Called now and then with (partition, records done, records in all).
    patience_s : float
        How long to wait for a transaction that is open on an output topic.

    Returns
    -------
    AuditReport
        Whether all is well, and if not, where.
    """
    numbers = (
        sorted(log_range(bootstrap, topic_name(USER_EVENTS, namespace))) if partitions is None else partitions
    )
    return AuditReport(
        {
            number: PartitionAudit(
                bootstrap, group, namespace, number, fold, snapshots, progress, patience_s
            ).run()
            for number in numbers
        }
    )
