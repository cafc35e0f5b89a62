"""Topics: declared once, kept as the design says."""

from __future__ import annotations

import pytest

from contracts.topics import (
    DEAD_LETTERS,
    JOURNAL,
    METRICS,
    MODELS,
    RETENTION_MS,
    TOPICS,
    USER_EVENTS,
    topic_name,
)


def test_every_topic_has_its_own_name() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_retention_goes_by_the_brokers_clock(topic) -> None:
    assert dict(topic.config)["message.timestamp.type"] == "LogAppendTime"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_no_reader_meets_a_compression_that_it_does_not_know(topic) -> None:
    assert dict(topic.config)["compression.type"] == "uncompressed"


def test_a_dead_letter_has_room_for_its_record_and_why() -> None:
    # Kafka's default limit of a record is 1 MiB and 12 bytes.
    assert int(dict(DEAD_LETTERS.config)["max.message.bytes"]) == 2 * 1024 * 1024
    assert all("max.message.bytes" not in dict(topic.config) for topic in TOPICS if topic is not DEAD_LETTERS)


def test_the_journal_keeps_all_turns_as_long_as_the_main_input_and_the_last_for_ever() -> None:
    config = dict(JOURNAL.config)
    assert config["cleanup.policy"] == "compact"
    assert (
        int(config["min.compaction.lag.ms"]) == RETENTION_MS == int(dict(USER_EVENTS.config)["retention.ms"])
    )


def test_the_audit_trail_of_models_is_never_deleted() -> None:
    assert dict(MODELS.config)["retention.ms"] == "-1"
    assert dict(MODELS.config)["cleanup.policy"] == "delete"


def test_what_follows_the_input_has_as_many_partitions_and_all_else_one() -> None:
    assert [topic.partitions(5) for topic in (USER_EVENTS, JOURNAL, DEAD_LETTERS)] == [5, 5, 5]
    assert [topic.partitions(5) for topic in (METRICS, MODELS)] == [1, 1]


def test_only_the_journal_is_one_a_group() -> None:
    assert [topic for topic in TOPICS if topic.per_group] == [JOURNAL]
    assert topic_name(JOURNAL, "blue.", "learner") == "blue.ml.journal.learner"
    assert topic_name(USER_EVENTS, "blue.", "learner") == "blue.shop.user-events"
    for group in (None, ""):
        with pytest.raises(ValueError, match="a group must be given"):
            topic_name(JOURNAL, group=group)
