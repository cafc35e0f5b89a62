"""Every topic, declared once: admin, command line and docs derive from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from contracts.events import ProductEvent, UserEvent
from contracts.records import (
    DriftSwitched,
    Features,
    JournalRecord,
    Metrics,
    ModelNews,
    OutcomeRecord,
    Prediction,
    TruthRecord,
)

__all__ = [
    "CONTROL",
    "DEAD_LETTERS",
    "FEATURES",
    "JOURNAL",
    "METRICS",
    "MODELS",
    "OUTCOMES",
    "PREDICTIONS",
    "PRODUCT_EVENTS",
    "RETENTION_MS",
    "TOPICS",
    "TRUTH",
    "USER_EVENTS",
    "Topic",
    "topic_name",
]

_DAY_MS: Final = 24 * 60 * 60 * 1000
RETENTION_MS: Final = 7 * _DAY_MS


@dataclass(frozen=True)
class Topic:
    """A topic as it must be.

    Parameters
    ----------
    name : str
        Its name; see `topic_name` for what stands on the broker.
    key : str
        What its records are keyed by.
    what : str
        What it holds, in one line.
    record : type or None
        Of what type, or types, its records are: `contracts.codec.decode` holds them to that. None: any bytes.
    follows_input : bool
        True: as many partitions as the main input, record for record in the same partition. False: one.
    config : tuple of (str, str)
        Settings of the topic on the broker, all of them compared when it exists already.
    per_group : bool
        One topic for each consumer group.
    """

    name: str
    key: str
    what: str
    record: Any
    follows_input: bool
    config: tuple[tuple[str, str], ...]
    per_group: bool = False

    def partitions(self, main: int) -> int:
        """How many partitions it has where the main input has `main`."""
        return main if self.follows_input else 1


# The broker takes a batch apart that a client compressed: our readers know gzip alone, and one batch in zstd, lz4 or
# snappy stopped every one of them for good.
_COMPRESSION: Final = {"compression.type": "uncompressed"}


def _by_time(**more: str) -> tuple[tuple[str, str], ...]:
    # The broker's clock for retention and latency: stamped with event time, a shop of 2010 would be deleted
    # within a minute and one that runs ahead refused.
    config = _COMPRESSION | {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(RETENTION_MS),
    }
    return tuple(sorted((config | more).items()))


def _compacted(lag_ms: int) -> tuple[tuple[str, str], ...]:
    config = _COMPRESSION | {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "min.compaction.lag.ms": str(lag_ms),
    }
    return tuple(sorted(config.items()))


USER_EVENTS: Final = Topic(
    "shop.user-events", "user_id", "the main input: what users do", UserEvent, True, _by_time()
)
PRODUCT_EVENTS: Final = Topic(
    "shop.product-events",
    "product_id",
    "each product's full state",
    ProductEvent,
    False,
    _compacted(30 * _DAY_MS),
)
TRUTH: Final = Topic(
    "shop.truth", "user_id", "what only the simulator knows, for scoring", TruthRecord, True, _by_time()
)
CONTROL: Final = Topic(
    "shop.control", "drift", "drifts switched while it runs, for simulators", DriftSwitched, False, _by_time()
)
PREDICTIONS: Final = Topic(
    "ml.predictions", "user_id", "every model's answer to an event", Prediction, True, _by_time()
)
FEATURES: Final = Topic(
    "ml.features", "user_id", "what the models saw of an event", Features, True, _by_time()
)
OUTCOMES: Final = Topic(
    "ml.outcomes", "user_id", "labels when they are known, and losses", OutcomeRecord, True, _by_time()
)
METRICS: Final = Topic("ml.metrics", "task", "windowed scores", Metrics, False, _by_time())
MODELS: Final = Topic(
    "ml.models",
    "task",
    "the audit trail of models",
    ModelNews,
    False,
    _by_time(**{"retention.ms": "-1", "retention.bytes": "-1"}),
)
# The journal is the authority at recovery: everything within the retention of the main input, and the last record
# of each worker for ever.
JOURNAL: Final = Topic(
    "ml.journal",
    "worker",
    "one record a transaction",
    JournalRecord,
    True,
    _compacted(RETENTION_MS),
    per_group=True,
)
# A dead letter adds headers to its record, so its size limit is higher.
DEAD_LETTERS: Final = Topic(
    "dead-letters",
    "as the source",
    "what could not be used, with the reason",
    None,
    True,
    _by_time(**{"max.message.bytes": str(2 * 1024 * 1024)}),
)

TOPICS: Final = (
    USER_EVENTS,
    PRODUCT_EVENTS,
    TRUTH,
    CONTROL,
    PREDICTIONS,
    FEATURES,
    OUTCOMES,
    METRICS,
    MODELS,
    JOURNAL,
    DEAD_LETTERS,
)


def topic_name(topic: Topic, namespace: str = "", group: str | None = None) -> str:
    """Name of `topic` on the broker.

    Parameters
    ----------
    topic : Topic
        One of `TOPICS`.
    namespace : str
        Put before the name, so that several shops can share a broker.
    group : str, optional
        The consumer group, for topics that each group has of its own.

    Raises
    ------
    ValueError
        If the topic is one a group and no group was given.

    Examples
    --------
    >>> topic_name(JOURNAL, "blue.", group="learner")
    'blue.ml.journal.learner'
    """
    if not topic.per_group:
        return namespace + topic.name
    if not group:
        msg = f"{topic.name} is one topic a group: a group must be given. Got {group!r}."
        raise ValueError(msg)
    return f"{namespace}{topic.name}.{group}"
