"""What a broker left open in places that are ours alone is settled before we go on."""

from __future__ import annotations

import logging

import pytest

from contracts.topics import DEAD_LETTERS, JOURNAL, MODELS, OUTCOMES, PREDICTIONS, USER_EVENTS, topic_name
from infra.kafka import KafkaTransactions, OutgoingRecord, Own, ensure_topics, group_offset, read_to_end


def test_an_open_transaction_is_found_and_ours_goes_on_after_an_aborted_one(
    bootstrap: str, namespace: str, caplog: pytest.LogCaptureFixture
):
    ensure_topics(bootstrap, 2, namespace=namespace, group="g")
    journal, predictions, outcomes = (topic_name(t, namespace, "g") for t in (JOURNAL, PREDICTIONS, OUTCOMES))
    shared = (topic_name(DEAD_LETTERS, namespace), topic_name(MODELS, namespace))
    own = Own(1, (journal, predictions, outcomes), shared, "g", topic_name(USER_EVENTS, namespace))

    def transactions(name: str, own: Own | None = None) -> KafkaTransactions:
        return KafkaTransactions(
            bootstrap,
            f"{namespace}{name}",
            transaction_timeout_ms=30_000,
            delivery_timeout_ms=20_000,
            own=own,
        )

    left_open, newer, ours = transactions("other"), transactions("other"), transactions("ours", own)
    try:
        left_open.init()
        left_open.begin()
        for place in (journal, shared[0]):
            left_open.send(OutgoingRecord(place, 1 if place == journal else 0, b"k", b"left open", []))
        left_open.flush(30)
        with caplog.at_level(logging.WARNING, "infra.kafka"):
            ours.init()
        assert f"topic='{journal}', partition=1" in caplog.text
        assert f"topic='{shared[0]}', partition=0" in caplog.text
        ours.begin()
        ours.send(OutgoingRecord(journal, 1, b"k", b"ours", []))
        ours.flush(30)
        ours.commit()
        newer.init()  # the broker aborts what was open
        assert [r.value for r in read_to_end(bootstrap, journal)] == [b"ours"]
        assert group_offset(bootstrap, "g", own.input_topic, 1) is None
    finally:
        for one in (left_open, newer, ours):
            one.close()


def test_where_nothing_is_open_nothing_is_aborted(bootstrap: str, namespace: str):
    ensure_topics(bootstrap, 1, namespace=namespace, group="g")
    journal = topic_name(JOURNAL, namespace, "g")
    own = Own(0, (journal,), (), "g", topic_name(USER_EVENTS, namespace))
    one = KafkaTransactions(
        bootstrap, f"{namespace}one", transaction_timeout_ms=30_000, delivery_timeout_ms=20_000, own=own
    )
    try:
        one.init()
        assert list(read_to_end(bootstrap, journal, isolation="read_uncommitted")) == []
    finally:
        one.close()
