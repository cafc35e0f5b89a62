"""Topics and group offsets on the broker, held to what `contracts.topics` declares."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import RetriableError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from contracts.errors import TopicMismatch, Unreachable
from contracts.topics import TOPICS, topic_name
from infra.kafka.away import broker_answers
from infra.kafka.clients import connect_admin
from infra.kafka.ports import Committed

__all__ = ["TopicReport", "ensure_topics", "group_offset", "partition_count", "restore_offset", "topic_id"]

T = TypeVar("T")
_COORDINATOR_S: Final = 30.0
_COORDINATOR_PAUSE_S: Final = 0.05


@dataclass(frozen=True)
class TopicReport:
    """One topic as it was found.

    Parameters
    ----------
    name : str
        On the broker.
    partitions : int
        How many it has.
    created : bool
        Whether this call made it.
    differing : dict of str to (str, str)
        Settings that are not as declared: what must be, and what was.
    """

    name: str
    partitions: int
    created: bool
    differing: dict[str, tuple[str, str]] = field(default_factory=dict)


def ensure_topics(
    bootstrap: str, partitions: int, *, namespace: str = "", group: str = "learner", create: bool = True
) -> list[TopicReport]:
    """Make every declared topic that is missing, and report those that differ. May be called again.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    partitions : int
        Partitions of the main input; the topics that follow it have as many.
    namespace : str
        Put before all names.
    group : str
        Consumer group whose journal is meant.
    create : bool
        False: only report.

    Raises
    ------
    TopicMismatch
        If a topic has another number of partitions: a user's events would be spread over two of them.
    Unreachable
        If no broker answers.
    """
    declared = {topic_name(t, namespace, group): t for t in TOPICS}
    with _admin(bootstrap) as admin:
        there = set(admin.list_topics())
        missing = [name for name in declared if name not in there]
        try:
            if missing and create:
                admin.create_topics(
                    {
                        name: {
                            "num_partitions": declared[name].partitions(partitions),
                            "replication_factor": -1,
                            "configs": dict(declared[name].config),
                        }
                        for name in missing
                    },
                    wait_for_metadata=True,
                )
        except TopicAlreadyExistsError:
            # Another process made them between the look and the call: all is there now.
            return ensure_topics(bootstrap, partitions, namespace=namespace, group=group, create=False)
        return [
            _report(admin, name, topic.partitions(partitions), dict(topic.config), created=name in missing)
            for name, topic in declared.items()
            if create or name in there
        ]


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """For a few questions; where the broker does not answer one, `Unreachable`."""
    with broker_answers(bootstrap), closing(connect_admin(bootstrap)) as admin:
        yield admin


def _report(
    admin: KafkaAdminClient, name: str, partitions: int, config: dict[str, str], *, created: bool
) -> TopicReport:
    (description,) = admin.describe_topics([name])
    found = len(description["partitions"])
    if found != partitions:
        message = f"{name} must have {partitions} partitions. It was created with {found}."
        hint = (
            f"Go on with FRESHET_PARTITIONS={found}, or start over: `freshet demo --fresh`; "
            "with containers `make wipe`."
        )
        raise TopicMismatch(message, topic=name, hint=hint)
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    described = admin.describe_configs([resource], config_filter="all")
    actual = {key: str(entry["value"]) for key, entry in described["topic"][name].items()}
    differing = {
        key: (value, actual.get(key, "")) for key, value in config.items() if actual.get(key) != value
    }
    return TopicReport(name, found, created, differing)


def topic_id(bootstrap: str, topic: str) -> str:
    """The broker's id of a topic: one that is deleted and made again has another.

    Raises
    ------
    Unreachable
        If no broker answers, or there is no such topic (yet).
    """
    with _admin(bootstrap) as admin:
        (description,) = admin.describe_topics([topic])
    if description.get("error_code"):
        message = f"The topic {topic} must exist. There is none of that name on the broker."
        raise Unreachable(message, hint="`freshet topics --create` makes all of them.")
    return str(description["topic_id"])


def partition_count(bootstrap: str, topic: str) -> int | None:
    """How many partitions a topic was made with, None where there is no such topic.

    Raises
    ------
    Unreachable
        If no broker answers.
    """
    with _admin(bootstrap) as admin:
        if topic not in set(admin.list_topics()):
            return None
        (description,) = admin.describe_topics([topic])
        return len(description["partitions"])


def _of_coordinator(
    bootstrap: str, call: Callable[[KafkaAdminClient], T], wait_s: float = _COORDINATOR_S
) -> T:
    """Ask a group's coordinator, which on a new or restarted broker takes a moment to be found."""
    deadline = time.monotonic() + wait_s
    with (
        broker_answers(bootstrap),
        closing(connect_admin(bootstrap, bootstrap_timeout_ms=int(min(wait_s, 10.0) * 1000))) as admin,
    ):
        while True:
            try:
                return call(admin)
            except RetriableError as error:
                if time.monotonic() > deadline:
                    message = (
                        f"The broker at {bootstrap} names no coordinator ({type(error).__name__}: {error})."
                    )
                    raise Unreachable(message) from error
                time.sleep(_COORDINATOR_PAUSE_S)


def group_offset(
    bootstrap: str, group: str, topic: str, partition: int, *, wait_s: float = _COORDINATOR_S
) -> Committed | None:
    """What the group has committed for a partition, None where nothing is.

    Raises
    ------
    Unreachable
        If no broker answers, or none is the group's coordinator for `wait_s` seconds.
    """
    at = TopicPartition(topic, partition)
    offsets = _of_coordinator(bootstrap, lambda admin: admin.list_group_offsets({group: [at]})[group], wait_s)
    found = offsets.get(at)
    return None if found is None or found.offset < 0 else Committed(found.offset, found.metadata or "")


def restore_offset(bootstrap: str, group: str, topic: str, partition: int, committed: Committed) -> None:
    """Write a group's offset outside of any transaction: for one that has expired or was moved by somebody."""
    at = OffsetAndMetadata(committed.offset, committed.metadata, -1)
    changes = {TopicPartition(topic, partition): at}
    _of_coordinator(bootstrap, lambda admin: admin.alter_group_offsets(group, changes))
