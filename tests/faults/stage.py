"""A shop's log on a real broker, and workers on it that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.emission import Emission
from contracts.settings import Settings, environment
from contracts.topics import (
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    OUTCOMES,
    PREDICTIONS,
    USER_EVENTS,
    Topic,
    topic_name,
)
from infra.kafka import (
    Committed,
    Record,
    connect_producer,
    ensure_topics,
    group_offset,
    log_range,
    read_to_end,
)
from producers.simulator import Scenario, Simulator
from tests.faults.forked import ForkedWorker
from tests.waiting import DEADLINE_S, until

_WORKER = Path(__file__).with_name("worker_process.py")
_ROOT = _WORKER.parent.parent.parent


def shop_events(events: int, seed: int = 7) -> list[Emission]:
    """User events of a small simulated shop in one partition, ticks and copies of product events included."""
    simulated = Simulator(Scenario(seed=seed, events=events, partitions=1))
    return [e for e in simulated if e.topic == USER_EVENTS.name]


@dataclass(frozen=True)
class RunningWorker:
    """A worker's process, and where what it says goes."""

    process: subprocess.Popen[bytes] | ForkedWorker
    log: Path

    def runs(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text()


@dataclass
class Stage:
    """One shop in a namespace of its own, with one partition."""

    settings: Settings

    def name(self, topic: Topic) -> str:
        return topic_name(topic, self.settings.namespace, self.settings.group)

    @property
    def bootstrap(self) -> str:
        return self.settings.bootstrap

    def publish(self, values: Iterable[bytes]) -> None:
        ensure_topics(self.bootstrap, 1, namespace=self.settings.namespace, group=self.settings.group)
        with connect_producer(self.bootstrap) as producer:
            sent = [producer.send(self.name(USER_EVENTS), value=v, key=b"k", partition=0) for v in values]
            producer.flush()
            for future in sent:
                future.get(timeout=10)

    def end(self) -> int:
        return log_range(self.bootstrap, self.name(USER_EVENTS))[0][1]

    def committed(self) -> Committed | None:
        return group_offset(self.bootstrap, self.settings.group, self.name(USER_EVENTS), 0)

    def committed_offset(self) -> int:
        found = self.committed()
        return 0 if found is None else found.offset

    @contextmanager
    def worker(
        self, *arguments: str, env: Mapping[str, str] | None = None, **changes: object
    ) -> Iterator[RunningWorker]:
        """Run a worker; killed at the latest at the end of the ``with``. What `env` says needs a Python of its own."""
        settings = Settings(**(self.settings.model_dump(exclude_unset=True) | changes))
        own = environment(settings) | dict(env or {}) | {"PYTHONPATH": str(_ROOT)}
        with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
            process: subprocess.Popen[bytes] | ForkedWorker
            if env:
                process = subprocess.Popen(
                    [sys.executable, str(_WORKER), "0", *arguments], env=own, stderr=log
                )
            else:
                process = ForkedWorker(["0", *arguments], own, Path(log.name))
            try:
                yield RunningWorker(process, Path(log.name))
            finally:
                process.kill()
                process.wait()

    def run_to_end(self, *arguments: str, env: Mapping[str, str] | None = None, **changes: object) -> str:
        """Run a worker until it has done all that is on the log; what it said."""
        end = self.end()
        with self.worker(*arguments, env=env, **changes) as worker:
            until(lambda: not worker.runs() or "recovered" in worker.said(), "worker recovered")
            until(lambda: not worker.runs() or self.committed_offset() >= end, f"worker at offset {end}")
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(DEADLINE_S) == 0, worker.said()
            return worker.said()

    def run_to_death(self, *arguments: str, **changes: object) -> tuple[int, str]:
        """Run a worker that ends by itself: its exit code and what it said."""
        with self.worker(*arguments, **changes) as worker:
            return worker.process.wait(DEADLINE_S), worker.said()

    def records(self, topic: Topic, isolation: str = "read_committed") -> list[Record]:
        return list(read_to_end(self.bootstrap, self.name(topic), isolation=isolation))

    def chain(self) -> str:
        """Hex of the chain that was committed last."""
        found = self.committed()
        assert found is not None
        return str(json.loads(found.metadata)["chain"])

    def outputs(self) -> list[dict[str, object]]:
        """Predictions, features and outcomes in their order, without the one field that has a wall clock in it."""
        found = []
        for topic in (PREDICTIONS, FEATURES, OUTCOMES, DEAD_LETTERS):
            for record in self.records(topic):
                value = json.loads(record.value or b"null")
                value.pop("latency_ms", None)
                found.append(value)
        return found

    def journal(self) -> list[dict[str, object]]:
        return [json.loads(r.value or b"null") for r in self.records(JOURNAL)]

    def other(self, namespace: str) -> Stage:
        """A second stage on the same broker and database."""
        changes = {"namespace": namespace, "group": f"g-{namespace[:-1]}"}
        return replace(self, settings=Settings(**(self.settings.model_dump(exclude_unset=True) | changes)))
