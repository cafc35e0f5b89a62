"""What machines are told of learners and producers, by the real commands on a real broker and database."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from contracts.emission import Emission
from contracts.settings import Settings, environment
from contracts.topics import DEAD_LETTERS, JOURNAL, OUTCOMES, PREDICTIONS, TRUTH, USER_EVENTS
from infra.embedded import EmbeddedPostgres
from infra.kafka import Committed, connect_producer, ensure_topics, log_range, restore_offset
from producers.simulator import Scenario, Simulator
from tests.asking import judged, metrics
from tests.faults.stage import Stage
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]

Found = dict[tuple[str, ...], float]


def user_events(events: int, partitions: int) -> list[Emission]:
    simulated = Simulator(Scenario(seed=7, events=events, partitions=partitions))
    return [e for e in simulated if e.topic == USER_EVENTS.name]


def send(stage: Stage, emissions: list[Emission], partitions: int) -> None:
    ensure_topics(stage.bootstrap, partitions, namespace=stage.settings.namespace, group=stage.settings.group)
    with connect_producer(stage.bootstrap) as producer:
        for one in emissions:
            producer.send(stage.name(USER_EVENTS), value=one.value, key=b"k", partition=one.partition)
        producer.flush()


@dataclass(frozen=True)
class Running:
    """A command that serves health and metrics."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def workers(self) -> dict[int, int]:
        """Process ids of the learner's workers by partition."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            words = child.cmdline()
            if "consumers.learner" in words:
                found[int(words[words.index("consumers.learner") + 1])] = child.pid
        return found


@contextmanager
def running(stage: Stage, *arguments: str, **changes: object) -> Iterator[Running]:
    """Run ``freshet ARGUMENTS --http-port 0``; killed at the latest at the end of the block."""
    settings = Settings(**(stage.settings.model_dump(exclude_unset=True) | changes))
    argv = [sys.executable, "-m", "freshet", *arguments, "--http-port", "0"]
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(argv, env=environment(settings), cwd=ROOT, stderr=log)
        path = Path(log.name)
        try:
            told = re.compile(r"health and metrics at (\S+)")
            until(
                lambda: process.poll() is not None or told.search(path.read_text()) is not None,
                "the address is told",
            )
            found = told.search(path.read_text())
            assert found is not None, path.read_text()
            yield Running(process, path, found[1])
            process.terminate()
            assert process.wait(60) in (0, 1), path.read_text()
        finally:
            process.kill()
            process.wait()


def counts(stage: Stage) -> Found:
    """What the learners must have counted, by the topics."""
    found: Counter[tuple[str, ...]] = Counter()
    for partition, (_, end) in log_range(stage.bootstrap, stage.name(USER_EVENTS)).items():
        found["freshet_learner_events_total", str(partition)] = end
    for record in stage.records(PREDICTIONS):
        task = json.loads(record.value or b"")["task"]
        found["freshet_learner_predictions_total", str(record.partition), task] += 1
    for record in stage.records(OUTCOMES):
        outcome, at = json.loads(record.value or b""), str(record.partition)
        if outcome["type"] == "LateLabel":
            found["freshet_learner_late_labels_total", at] += 1
            continue
        found["freshet_learner_outcomes_total", at, outcome["task"]] += 1
        if outcome["label"] is not None:
            found["freshet_learner_labels_total", at, outcome["task"]] += 1
    for record in stage.records(DEAD_LETTERS):
        reason = dict(record.headers)["__connect.errors.exception.class.name"].decode()
        found["freshet_learner_dead_letters_total", str(record.partition), reason] += 1
    for record in stage.records(JOURNAL):
        for what in ("turn", "commit", "latency"):
            found[f"freshet_learner_{what}_seconds_count", str(record.partition)] += 1
    return dict(found)


def events(found: Found) -> float:
    return sum(value for at, value in found.items() if at[0] == "freshet_learner_events_total")


def test_a_learner_s_counts_are_those_of_the_topics_also_after_a_worker_was_killed(
    stage: Stage, embedded_postgres: EmbeddedPostgres
) -> None:
    shop = user_events(1_600, partitions=2)
    send(stage, [*shop[:1_000], shop[0]._replace(value=b"{"), shop[0]._replace(value=b"[")], 2)
    with running(stage, "learn", partitions=2, max_poll_records=100) as learn:
        until(lambda: events(metrics(learn.url)) == 1_002, "all is learnt")
        until(lambda: judged(learn.url, "/healthz") == judged(learn.url, "/readyz") == (200, ""), "well")
        found, expected = metrics(learn.url), counts(stage)
        assert {at: found.get(at) for at in expected} == expected
        assert {at[0] for at in expected} >= {
            f"freshet_learner_{name}_total" for name in ("predictions", "outcomes", "labels", "dead_letters")
        }
        for partition in ("0", "1"):
            assert found["freshet_learner_recoveries_total", "new", partition] == 1
            assert found["freshet_learner_recovered", partition] == 1
        until(
            lambda: all(metrics(learn.url)["freshet_learner_lag_records", p] == 0 for p in ("0", "1")),
            "no lag",
        )

        os.kill(learn.workers()[1], signal.SIGKILL)
        died = ("freshet_learner_worker_deaths_total", "1")
        until(lambda: metrics(learn.url)[died] == 1, "the death is noticed")
        until(lambda: judged(learn.url, "/readyz") == (200, ""), "it has recovered")
        send(stage, shop[1_000:], 2)
        until(lambda: events(metrics(learn.url)) == len(shop) + 2, "the rest is learnt")
        found, expected = metrics(learn.url), counts(stage)
        assert {at: found.get(at) for at in expected} == expected
        assert found["freshet_learner_worker_deaths_total", "0"] == 0
        how = {
            at[1]: n
            for at, n in found.items()
            if at[0] == "freshet_learner_recoveries_total" and at[2] == "1"
        }
        assert sum(how.values()) == 2 and how["new"] == 1

        embedded_postgres.stop()
        try:
            until(lambda: judged(learn.url, "/readyz")[0] == 503, "readiness says that the database is away")
            assert "Snapshots wait, predictions go on" in judged(learn.url, "/readyz")[1]
            assert judged(learn.url, "/healthz") == (200, "")
        finally:
            embedded_postgres.start()
        until(lambda: judged(learn.url, "/readyz") == (200, ""), "ready again")


def test_a_learner_one_of_whose_workers_refuses_says_why_and_the_other_goes_on(stage: Stage) -> None:
    shop = user_events(300, partitions=2)
    send(stage, shop, 2)
    topic = stage.name(USER_EVENTS)
    # Offsets of a group without a journal: somebody else's, or the journal is lost.
    restore_offset(stage.bootstrap, stage.settings.group, topic, 1, Committed(40, ""))
    with running(stage, "learn", partitions=2) as learn:
        until(lambda: "StateLost" in judged(learn.url, "/healthz")[1], "the reason is said")
        for path in ("/healthz", "/readyz"):
            code, why = judged(learn.url, path)
            assert code == 503
            assert "partition 1: StateLost" in why and "40" in why
        first = len([e for e in shop if e.partition == 0])
        until(lambda: metrics(learn.url).get(("freshet_learner_events_total", "0")) == first, "learnt")
        until(lambda: judged(learn.url, "/healthz")[1].startswith("partition 1: StateLost"), "0 is well")
        found = metrics(learn.url)
        assert found["freshet_learner_worker_up", "0"] == 1
        assert found["freshet_learner_worker_up", "1"] == 0


def test_a_simulator_counts_what_it_sends_and_is_ready_when_it_has_begun(stage: Stage) -> None:
    with running(stage, "simulate", rate=400.0) as simulate:
        until(lambda: judged(simulate.url, "/readyz") == (200, ""), "it has begun")
        at = ("freshet_producer_records_total", stage.name(USER_EVENTS))
        until(lambda: metrics(simulate.url).get(at, 0) > 500, "it sends")
        assert judged(simulate.url, "/healthz") == (200, "")
        found = metrics(simulate.url)
        assert found["freshet_producer_complete",] == 0
        assert 0 <= found["freshet_producer_behind_seconds",] < 30
        assert found["freshet_producer_records_total", stage.name(TRUTH)] > 0
        assert log_range(stage.bootstrap, stage.name(USER_EVENTS))[0][1] > 0
