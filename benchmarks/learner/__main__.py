"""The learner, exactly once, beside the naive loop that writes the same records on the same broker.

``python -m benchmarks.learner`` starts a broker and a database of its own and prints events a second of both, run in
turn, and the ratio pair by pair. ``--profile`` prints where the learner's time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import subprocess
import sys
import time
import warnings

from benchmarks.learner import naive_loop
from benchmarks.learner.linear_task import LINEAR_TASK
from benchmarks.servers import own_servers
from consumers.engine import Step
from consumers.learner import LearnerFold, work
from consumers.learner.process import collect_seldom
from contracts.settings import Settings, environment, load
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, USER_EVENTS, topic_name
from infra.kafka import Record, connect_producer, ensure_topics, log_range, read_to_end
from models.portfolio import Portfolio
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator

RUNS = 5


class _Stopping(LearnerFold):
    """The fold, with a look at the clock at its first and last record."""

    def __init__(self, end: int, *, namespace: str, portfolio: Portfolio) -> None:
        super().__init__(0, namespace=namespace, portfolio=portfolio)
        self.end = end
        self.started_s: float | None = None
        self.is_done = False

    def step(self, record: Record) -> Step:
        self.started_s = self.started_s or time.perf_counter()
        self.is_done = record.offset >= self.end - 1
        return super().step(record)


def run_learner(settings: Settings, end: int, whole: bool) -> float:
    """Seconds from the first record to the commit of the last."""
    collect_seldom()  # as the learner's own process does
    portfolio = Portfolio(0, list(TASKS.values()) if whole else [LINEAR_TASK])
    fold = _Stopping(end, namespace=settings.namespace, portfolio=portfolio)
    finished: list[float] = []

    def should_stop() -> bool:
        if fold.is_done and not finished:
            finished.append(time.perf_counter())
        return bool(finished)

    work(settings, 0, should_stop=should_stop, fold=fold)
    assert fold.started_s is not None
    return finished[0] - fold.started_s


def one_run(kind: str, group: str, end: int, profile: bool) -> None:
    """In a process of its own: prints the seconds."""
    settings = load({"group": group})
    topic = topic_name(USER_EVENTS, settings.namespace)
    if kind == "naive":
        # It has a function as value_serializer, as everybody writes it.
        warnings.simplefilter("ignore", DeprecationWarning)
        seconds = naive_loop.run(settings.bootstrap, topic, settings.namespace, group, end)
    elif profile:
        profiler = cProfile.Profile()
        seconds = profiler.runcall(run_learner, settings, end, kind == "whole")
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    else:
        seconds = run_learner(settings, end, kind == "whole")
    print(seconds)


def measure(settings: Settings, kind: str, group: str, end: int, *more: str) -> float:
    """Start a run as a process and read its seconds."""
    ensure_topics(settings.bootstrap, 1, namespace=settings.namespace, group=group)
    argv = [
        sys.executable,
        "-m",
        "benchmarks.learner",
        "--run",
        kind,
        "--group",
        group,
        "--end",
        str(end),
        *more,
    ]
    done = subprocess.run(argv, env=environment(settings), stdout=subprocess.PIPE, check=True, text=True)
    return float(done.stdout)


def publish(settings: Settings, events: int) -> int:
    """Put a simulated shop on the broker; the end of the log."""
    ensure_topics(settings.bootstrap, 1, namespace=settings.namespace)
    topic = topic_name(USER_EVENTS, settings.namespace)
    with connect_producer(settings.bootstrap) as producer:
        for e in Simulator(Scenario(seed=7, events=events, partitions=1)):
            if e.topic == USER_EVENTS.name:
                producer.send(topic, value=e.value, key=e.key.encode(), partition=0)
        producer.flush()
    return log_range(settings.bootstrap, topic)[0][1]


def assert_same_records(settings: Settings) -> None:
    """Both sides wrote the same: the first half of each topic by one, the second by the other."""
    for topic in (PREDICTIONS, FEATURES, OUTCOMES):
        values = []
        for record in read_to_end(settings.bootstrap, topic_name(topic, settings.namespace)):
            value = json.loads(record.value or b"null")
            value.pop("latency_ms", None)
            values.append(value)
        half = len(values) // 2
        if values[:half] != values[half:]:
            differing = next((a, b) for a, b in zip(values[:half], values[half:], strict=False) if a != b)
            message = f"the two sides must write the same records to {topic.name}: {differing}"
            raise SystemExit(message)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.learner", description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="user events a run (default %(default)s)")
    parser.add_argument("--whole", action="store_true", help="also time the default portfolio")
    parser.add_argument("--profile", action="store_true", help="profile one run of the learner instead")
    parser.add_argument("--run", choices=["learner", "whole", "naive"], help=argparse.SUPPRESS)
    parser.add_argument("--group", help=argparse.SUPPRESS)
    parser.add_argument("--end", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        one_run(arguments.run, arguments.group, arguments.end, arguments.profile)
        return
    with own_servers("bench.") as settings:
        end = publish(settings, arguments.events)
        if arguments.profile:
            measure(settings, "whole" if arguments.whole else "learner", "profile", end, "--profile")
            return
        ratios = []
        for run in range(RUNS):
            learner = end / measure(settings, "learner", f"learner-{run}", end)
            naive = end / measure(settings, "naive", f"naive-{run}", end)
            if run == 0:
                assert_same_records(settings)
            ratios.append(learner / naive)
            print(
                f"run {run}: learner {learner:8,.0f} events/s   naive {naive:8,.0f} events/s   {ratios[-1]:.2f}x"
            )
        print(f"median of {RUNS}: {statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})")
        if arguments.whole:
            whole = end / measure(settings, "whole", "whole", end)
            print(f"with the default portfolio of both tasks: {whole:,.0f} events/s")


if __name__ == "__main__":
    main()
