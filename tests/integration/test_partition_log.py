"""How far a reader is behind, by what came with the records, and in silence by asking."""

from __future__ import annotations

import sys
from pathlib import Path

from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import KafkaPartitionLog, connect_producer, ensure_topics
from infra.lifeline import spawn
from tests.backend.protocol import Backend
from tests.conftest import ROOT
from tests.waiting import until


def test_lag_is_0_at_the_end_of_an_empty_log(bootstrap: str, namespace: str):
    ensure_topics(bootstrap, 1, namespace=namespace)
    log = KafkaPartitionLog(bootstrap, topic_name(USER_EVENTS, namespace), 0)
    try:
        log.seek(0)
        assert log.lag() is None
        until(lambda: not log.poll(0.1) and log.lag() == 0, "the end is known")
    finally:
        log.close()


def test_lag_is_what_polls_have_not_returned_yet(bootstrap: str, namespace: str):
    ensure_topics(bootstrap, 1, namespace=namespace)
    topic = topic_name(USER_EVENTS, namespace)
    with connect_producer(bootstrap) as producer:
        for number in range(10):
            producer.send(topic, value=b"%d" % number, partition=0)
        producer.flush(timeout=30)
    log = KafkaPartitionLog(bootstrap, topic, 0, max_poll_records=4)
    try:
        until(lambda: log.bounds() == (0, 10), "all ten can be read")
        log.seek(0)
        read = 0
        while read < 10:
            records = log.poll(1.0)
            read += len(records)
            if records:
                assert log.lag() == 10 - read
    finally:
        log.close()


def test_a_broker_that_is_gone_does_not_pass_for_the_end_of_the_log(
    backend: Backend, namespace: str, tmp_path: Path
):
    topic, said = topic_name(USER_EVENTS, namespace), tmp_path / "said"
    ensure_topics(backend.broker.bootstrap, 1, namespace=namespace)

    def last() -> str:
        return "".join(said.read_text().splitlines()[-1:])

    # In a process of its own: kafka-python leaves sockets that could not connect to the garbage collector, and here
    # warnings are errors.
    program = str(Path(__file__).with_name("lag_process.py"))
    with said.open("wb") as output:
        reader = spawn([sys.executable, program, backend.broker.bootstrap, topic], cwd=ROOT, stdout=output)
    try:
        until(lambda: last() == "0", "the end of an empty log is known")
        backend.broker.stop()
        try:
            until(lambda: last() == "None", "it is not known any more")
        finally:
            backend.broker.start()
        until(lambda: last() == "0", "it is known again")
    finally:
        reader.kill()
