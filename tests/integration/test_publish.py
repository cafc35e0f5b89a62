"""What is published stands on the log once and in order, also across kill -9, and another shop's log is refused."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from threading import Event

import pytest

from contracts.emission import Emission
from contracts.errors import FreshetError, ShopMismatch
from contracts.topics import PRODUCT_EVENTS, TRUTH, USER_EVENTS, topic_name
from infra.kafka import connect_producer, ensure_topics, log_range, read_to_end
from producers.publish import Published, headers_of, publish
from producers.simulator import Scenario, Simulator
from tests.waiting import DEADLINE_S, until

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIO = Scenario(seed=11, events=3_000, partitions=2)
TOPICS = (USER_EVENTS, PRODUCT_EVENTS, TRUTH)

Log = dict[tuple[str, int], list[tuple[str, bytes]]]


@pytest.fixture(scope="module")
def emissions() -> list[Emission]:
    return list(Simulator(SCENARIO))


@pytest.fixture
def shop(bootstrap: str, namespace: str) -> tuple[str, str]:
    ensure_topics(bootstrap, SCENARIO.partitions, namespace=namespace)
    return bootstrap, namespace


def log_of(bootstrap: str, namespace: str) -> Log:
    log: Log = defaultdict(list)
    for topic in TOPICS:
        for record in read_to_end(bootstrap, topic_name(topic, namespace)):
            assert record.key is not None
            assert record.value is not None
            log[topic.name, record.partition].append((record.key.decode(), record.value))
    return dict(log)


def as_log(emissions: list[Emission]) -> Log:
    log: Log = defaultdict(list)
    for emission in emissions:
        log[emission.topic, emission.partition].append((emission.key, emission.value))
    return dict(log)


def test_every_emission_stands_in_its_partition_once_and_in_order(shop, emissions):
    bootstrap, namespace = shop
    told: list[int] = []
    counted = Published()
    done = publish(
        emissions, bootstrap, namespace=namespace, tell=lambda p: told.append(p.records), done=counted
    )
    assert done is counted
    assert done.topics == {
        topic_name(topic, namespace): sum(e.topic == topic.name for e in emissions) for topic in TOPICS
    }
    assert done.has_begun and done.alive_s is not None and done.behind_s == 0
    assert done == Published(SCENARIO.events, len(emissions), is_complete=True)
    assert told[-1] == len(emissions)
    assert log_of(bootstrap, namespace) == as_log(emissions)
    (first, *_) = read_to_end(bootstrap, topic_name(TRUTH, namespace), partitions=[1])
    expected = next(e for e in emissions if e.topic == TRUTH.name and e.partition == 1)
    assert list(first.headers) == headers_of(expected)


def test_who_has_sent_all_sends_nothing_more(shop, emissions):
    bootstrap, namespace = shop
    publish(emissions, bootstrap, namespace=namespace)
    assert publish(emissions, bootstrap, namespace=namespace) == Published(0, 0, is_complete=True)
    assert log_of(bootstrap, namespace) == as_log(emissions)


def test_after_a_stop_it_goes_on_where_it_was(shop, emissions):
    bootstrap, namespace = shop
    stop = Event()

    def tell(done: Published) -> None:
        if done.records >= 2_000:
            stop.set()

    done = publish(emissions, bootstrap, namespace=namespace, stop=stop, tell=tell)
    assert not done.is_complete
    rest = publish(emissions, bootstrap, namespace=namespace)
    assert done.records + rest.records == len(emissions)
    assert log_of(bootstrap, namespace) == as_log(emissions)


def test_killed_again_and_again_nothing_is_lost_or_doubled(shop):
    bootstrap, namespace = shop
    scenario = Scenario(seed=5, events=20_000, partitions=2)
    arguments = [bootstrap, namespace, str(scenario.seed), str(scenario.events), str(scenario.partitions)]
    command = [sys.executable, str(Path(__file__).with_name("publisher_process.py")), *arguments]
    paced = [*command, "3000"]  # events a second: it is not through before it is killed
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    rng = random.Random(3)
    for _ in range(3):
        before = _records(bootstrap, namespace)
        enough = before + rng.randrange(1, 4_000)
        with subprocess.Popen(paced, env=env) as process:
            try:
                until(lambda enough=enough: _records(bootstrap, namespace) >= enough, "enough to be killed")  # type: ignore[misc]
                assert process.poll() is None, "it ended before it was to be killed"
            finally:
                process.kill()
    assert before > 0
    subprocess.run(command, env=env, check=True, timeout=DEADLINE_S)
    assert log_of(bootstrap, namespace) == as_log(list(Simulator(scenario)))


def _records(bootstrap: str, namespace: str) -> int:
    return sum(end for _, end in log_range(bootstrap, topic_name(USER_EVENTS, namespace)).values())


@pytest.mark.parametrize("other", [Scenario(seed=12), Scenario(seed=11, traffic=601), Scenario(seed=11)])
def test_the_log_of_another_shop_is_refused_and_left_alone(shop, emissions, other: Scenario):
    bootstrap, namespace = shop
    publish(emissions[:400], bootstrap, namespace=namespace)
    before = log_of(bootstrap, namespace)
    with pytest.raises(ShopMismatch, match="--fresh") as caught:
        publish(Simulator(other), bootstrap, namespace=namespace)
    assert other.source in caught.value.message
    assert log_of(bootstrap, namespace) == before


def test_strangers_records_at_the_end_of_the_log_do_not_matter(shop, emissions):
    bootstrap, namespace = shop
    publish(emissions[:1_500], bootstrap, namespace=namespace)
    activated = [("ce_type", b"ModelActivated"), ("ce_source", b"freshet"), ("ce_id", b"m-1")]
    with connect_producer(bootstrap) as producer:
        for partition in range(SCENARIO.partitions):
            for headers in [activated] + [[]] * 400:
                producer.send(
                    topic_name(USER_EVENTS, namespace),
                    value=b"?",
                    key=b"k",
                    headers=headers,
                    partition=partition,
                )
        producer.flush()
    publish(emissions, bootstrap, namespace=namespace)
    log = {at: [r for r in records if r[1] != b"?"] for at, records in log_of(bootstrap, namespace).items()}
    assert log == as_log(emissions)


def test_a_record_that_can_not_be_written_is_an_error_that_names_its_place(shop, emissions):
    bootstrap, namespace = shop
    too_large = emissions[0]._replace(topic=TRUTH.name, partition=1, value=b"x" * 1_100_000)
    with pytest.raises(FreshetError, match=f"{namespace}shop.truth/1"):
        publish([*emissions[:10], too_large], bootstrap, namespace=namespace)
