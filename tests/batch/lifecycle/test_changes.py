"""Every partition sees a change of models, or none does, whatever is cut off and wherever."""

from __future__ import annotations

import threading

import pytest
from kafka import TopicPartition

from consumers.lifecycle import FAULT_POINTS
from contracts.errors import Fenced
from contracts.topics import USER_EVENTS
from infra.kafka import KafkaTransactions, OutgoingRecord, connect_consumer, topic_id
from tests.batch.lifecycle.town import A, B, Killed, Town
from tests.registry import stages


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_change_that_is_cut_off_anywhere_stands_in_every_partition_or_in_none_and_the_next_settles_it(
    town: Town, point: str
) -> None:
    dying = town.life(point)
    with pytest.raises(Killed):
        dying.shadow(A)
    dying.close()  # of the sockets alone: what is open on the broker stays open
    log = topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS))
    (pending,) = town.store.of_log(log)
    assert pending.state == "pending"
    life = town.life()
    (settled,) = town.store.of_log(log)
    came_to_be = point == "after commit"
    assert settled.state == ("done" if came_to_be else "void")
    assert town.activations() == {p: [settled.id] if came_to_be else [] for p in (0, 1)}
    assert settled.offsets.keys() == ({0, 1} if came_to_be else set())
    if not came_to_be:
        life.shadow(A)
    assert stages(town.database)[A] == "shadow"
    town.flow(400)
    assert town.shop.audit().is_ok
    life.close()


def test_of_two_who_change_at_once_the_newer_fences_the_older(town: Town) -> None:
    town.flow(200)
    older = town.life()
    newer = town.life()
    newer.shadow(A)
    with pytest.raises(Fenced, match="Another change of models"):
        older.shadow(B)
    older.close()
    newer.close()
    town.life().close()
    log = topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS))
    assert [(c.model, c.state) for c in town.store.of_log(log)] == [("a@1", "done"), ("b@1", "void")]
    assert town.activations()[0] == town.activations()[1] != []


def test_no_partition_shows_a_change_before_all_of_them_do(town: Town) -> None:
    """Those who read committed records stop at the open transaction, in each partition."""
    town.flow(200)
    dying = town.life("after flush")
    with pytest.raises(Killed):
        dying.shadow(A)
    dying.close()
    ends: dict[str, list[int]] = {}
    for isolation in ("read_committed", "read_uncommitted"):
        with connect_consumer(town.shop.bootstrap, isolation=isolation) as consumer:
            at = [TopicPartition(town.shop.name(USER_EVENTS), p) for p in (0, 1)]
            ends[isolation] = [consumer.end_offsets(at)[tp] for tp in at]
    assert [written - stable for stable, written in zip(*ends.values(), strict=True)] == [1, 1]
    town.life().close()


def test_a_change_that_is_committed_but_can_not_be_read_yet_is_waited_for(town: Town) -> None:
    """A commit is decided before the broker has marked each partition: as here, where another transaction is open."""
    town.flow(200)
    other = KafkaTransactions(
        town.shop.bootstrap,
        f"{town.shop.namespace}other",
        transaction_timeout_ms=60_000,
        delivery_timeout_ms=30_000,
    )
    other.init()
    other.begin()
    other.send(OutgoingRecord(town.shop.name(USER_EVENTS), 1, b"k", b"no event", []))
    other.flush(10.0)
    life = town.life()
    ending = threading.Timer(1.0, other.commit)
    ending.start()
    change = life.shadow(A)
    ending.join()
    assert change.state == "done" and set(change.offsets) == {0, 1}
    assert town.activations() == {0: [change.id], 1: [change.id]}
    life.close()
    other.close()
