"""A drift that is switched while the simulator runs: by those with the key, once, and the same after a new start."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.codec import encode
from contracts.records import DriftSwitched
from contracts.settings import Settings
from contracts.topics import CONTROL, TRUTH, USER_EVENTS, topic_name
from freshet.cli.app import app
from infra.kafka import connect_producer, ensure_topics, read_to_end
from infra.keyring import Keyring
from infra.signatures import Signatures, signatures_of
from producers.publish import Noted, Pace, listen, noted, publish
from producers.simulator import Scenario, Simulator, Switch, Switches
from tests.waiting import until

SCENARIO = Scenario(seed=9, events=6_000, partitions=2, traffic=100)


def test_it_begins_once_for_those_with_the_key_and_goes_on_the_same_when_the_simulator_is_started_again(
    bootstrap: str, namespace: str, tmp_path: Path
) -> None:
    settings = Settings(bootstrap=bootstrap, namespace=namespace, secret_file=tmp_path / "key")
    ensure_topics(bootstrap, 2, namespace=namespace, group="learner")
    ours = signatures_of(settings)
    control = topic_name(CONTROL, namespace)

    def write(*asked: DriftSwitched) -> None:
        with connect_producer(bootstrap) as producer:
            for one in asked:
                producer.send(control, value=encode(one), key=b"drift", partition=0)
            producer.flush()

    stranger = Signatures(lambda: Keyring(bytes(32)), "some log")
    write(DriftSwitched(id="1", drift="abrupt"), stranger.signed(DriftSwitched(id="2", drift="abrupt"), 0))
    env = {
        "FRESHET_BOOTSTRAP": bootstrap,
        "FRESHET_NAMESPACE": namespace,
        "FRESHET_SECRET_FILE": str(tmp_path / "key"),
    }
    typed = CliRunner().invoke(app, ["drift", "gradual:2000"], prog_name="freshet", env=env)
    assert typed.exit_code == 0, typed.output
    (copy,) = [r.value for r in read_to_end(bootstrap, control) if b"gradual" in (r.value or b"")]
    with connect_producer(bootstrap) as producer:
        producer.send(control, value=copy, key=b"drift", partition=0)
        producer.flush()

    def run(pace: Pace, stop: threading.Event) -> None:
        before = noted(bootstrap, namespace, ours)
        switches = Switches((note.event_number, Switch(note.drift, note.control)) for note in before)
        done = threading.Event()
        last = max((note.control for note in before), default=-1)
        listen(bootstrap, namespace, ours, last, lambda wish: switches.ask(Switch(*wish)), done)
        try:
            publish(
                Simulator(SCENARIO, switches=switches),
                bootstrap,
                namespace=namespace,
                pace=pace,
                stop=stop,
                caught_up=switches.go_live,
            )
        finally:
            done.set()

    stop = threading.Event()
    first = threading.Thread(target=run, args=(Pace(400.0), stop))
    first.start()
    until(lambda: bool(noted(bootstrap, namespace, ours)), "the drift is noted")
    stop.set()
    first.join(60)
    assert not first.is_alive()
    (note,) = noted(bootstrap, namespace, ours)
    assert (note.drift, note.control) == ("gradual:2000", 2)
    assert note.event_number < (SCENARIO.events or 0)

    run(Pace(), threading.Event())
    assert noted(bootstrap, namespace, ours) == [note], "neither again nor by the copy"
    must = list(Simulator(SCENARIO, switches=Switches([_as_switch(note)])))
    for topic in (USER_EVENTS, TRUTH):
        found = list(read_to_end(bootstrap, topic_name(topic, namespace)))
        for partition in range(2):
            assert [r.value for r in found if r.partition == partition] == [
                e.value for e in must if (e.topic, e.partition) == (topic.name, partition)
            ]


def _as_switch(note: Noted) -> tuple[int, Switch]:
    return note.event_number, Switch(note.drift, note.control)


@pytest.mark.parametrize("wrong", ["soon", "gradual:x", "abrupt@5"])
def test_a_wrong_word_is_refused_before_anything_is_sent(wrong: str) -> None:
    typed = CliRunner().invoke(app, ["drift", wrong], prog_name="freshet")
    assert typed.exit_code == 2
    assert "must be one of abrupt" in typed.stderr and "Traceback" not in typed.stderr
