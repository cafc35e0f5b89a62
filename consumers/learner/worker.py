"""One worker process: puts engine, fold, broker and database together for one partition."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from consumers.engine import (
    Identity,
    Journal,
    Listener,
    Ports,
    Position,
    Repairs,
    SnapshotPolicy,
    Snapshots,
    Worker,
)
from consumers.learner.fold import LearnerFold
from consumers.learner.model_cache import ModelCache, no_registry
from contracts.errors import Fenced
from contracts.settings import Settings
from contracts.topics import (
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    MODELS,
    OUTCOMES,
    PREDICTIONS,
    USER_EVENTS,
    topic_name,
)
from infra.kafka import (
    Committed,
    KafkaPartitionLog,
    KafkaTransactions,
    Own,
    group_offset,
    restore_offset,
    topic_id,
)
from infra.keyring import load_keyring
from infra.postgres import SnapshotStore, database_of
from infra.signatures import signatures_of

__all__ = ["GroupOffset", "work"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GroupOffset:
    """The group's offset of one partition; see `consumers.engine.GroupOffsets`."""

    bootstrap: str
    group: str
    topic: str
    partition: int

    def committed(self) -> Committed | None:
        """What is committed, None where nothing is."""
        return group_offset(self.bootstrap, self.group, self.topic, self.partition)

    def restore(self, committed: Committed) -> None:
        """Write it again."""
        restore_offset(self.bootstrap, self.group, self.topic, self.partition, committed)


def work(
    settings: Settings,
    partition: int,
    *,
    should_stop: Callable[[], bool],
    repairs: Repairs = Repairs(),  # noqa: B008 - frozen
    fault: Callable[[str], None] = lambda _point: None,
    recovered: Callable[[Position], None] = lambda _position: None,
    fold: LearnerFold | None = None,
    model_cache: ModelCache | None = None,
    listener: Listener = Listener(),  # noqa: B008 - has no state
    away: Callable[[str | None], None] = lambda _why: None,
) -> None:
    """Run the worker of one partition until `should_stop`.

    Any exception means that this process has to end; see `consumers.engine.Worker.run`.

    Parameters
    ----------
    settings : Settings
        Where broker and database are, and how often to take snapshots.
    partition : int
        Which partition; exactly one worker lives for each, the newest fences all before it.
    should_stop : callable
        Asked between turns.
    repairs : Repairs
        What the user allowed.
    fault : callable
        Called at each of `consumers.engine.FAULT_POINTS`.
    recovered : callable
        Called once with where the worker stands.
    fold : LearnerFold, optional
        Another portfolio than the default.
    model_cache : ModelCache, optional
        Of batch models; without one, only online models answer.
    listener : Listener
        Told what the worker does.
    away : callable
        Told when the broker goes away between two turns, and with None when it is there again.

    Raises
    ------
    RecoveryError
        If the state can't be had, or a newer worker owns the partition.
    FreshetError
        If broker, topic or key can't be reached.
    """
    topic = topic_name(USER_EVENTS, settings.namespace)
    identity = Identity(
        group=settings.group,
        partition=partition,
        input_topic=topic,
        topic_id=topic_id(settings.bootstrap, topic),
        journal_topic=topic_name(JOURNAL, settings.namespace, settings.group),
        dead_letter_topic=topic_name(DEAD_LETTERS, settings.namespace),
    )
    cache = model_cache or ModelCache(no_registry)
    fold = fold or LearnerFold(
        partition, namespace=settings.namespace, batch_models=cache, signatures=signatures_of(settings)
    )

    def begin(at: Position) -> None:
        cache.go_live()
        recovered(at)

    store = SnapshotStore(database_of(settings))
    keys = load_keyring(settings.secret_file)
    transactions = _transactions(settings, identity)
    ports = Ports(
        log=KafkaPartitionLog(
            settings.bootstrap, topic, partition, max_poll_records=settings.max_poll_records, away=away
        ),
        journal=Journal(settings.bootstrap, identity.journal_topic, settings.group, partition),
        offsets=GroupOffset(settings.bootstrap, settings.group, topic, partition),
        snapshots=Snapshots(store, keys.current, settings.snapshots_kept, keys.retired),
        transactions=transactions,
    )
    worker = Worker(
        identity,
        ports,
        fold,
        policy=SnapshotPolicy(settings.snapshot_every_s, settings.snapshot_every_events),
        timeout_s=settings.transaction_timeout_ms / 1000,
        repairs=repairs,
        fault=fault,
        listener=listener,
    )
    try:
        worker.run(should_stop, begin)
    except Exception as error:
        if transactions.is_fenced(error):
            message = f"Another worker has taken over {topic}/{partition}: this one is fenced and ends."
            raise Fenced(message, topic=topic, partition=partition) from error
        raise
    worker.close()
    store.close()


def _transactions(settings: Settings, identity: Identity) -> KafkaTransactions:
    """Those of this worker, which may write to its own partition and to the topics that all share."""
    own = Own(
        identity.partition,
        topics=(
            identity.journal_topic,
            *(topic_name(topic, settings.namespace) for topic in (PREDICTIONS, FEATURES, OUTCOMES)),
        ),
        shared_topics=(identity.dead_letter_topic, topic_name(MODELS, settings.namespace)),
        group=settings.group,
        input_topic=identity.input_topic,
    )
    return KafkaTransactions(
        settings.bootstrap,
        f"{settings.namespace}{settings.group}-{identity.partition}",
        transaction_timeout_ms=settings.transaction_timeout_ms,
        delivery_timeout_ms=settings.delivery_timeout_ms,
        own=own,
    )
