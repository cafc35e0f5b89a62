"""A worker's metrics, where the supervisor collects them: see `consumers.supervisor.monitor`.

Written to files that the supervisor reads (prometheus-client's mode for several processes), so that they stay when a
worker is killed. They are written once a turn; for each record there is only a count.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Final

from consumers.engine import Listener, Position, Turn
from consumers.supervisor import FOLDER_VARIABLE, IDLE, LAG, LAST_COMMIT, MISSING, RECOVERED
from contracts.records import LateLabel, ModelQuarantined, Outcome, Prediction
from contracts.settings import Settings

__all__ = ["listener_of"]

# From a turn with one event on an idle machine to one of 2,000 events that waited for a broker.
_TURN_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_COMMIT_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LATENCY_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


def listener_of(settings: Settings, partition: int, missing: Callable[[], int] = lambda: 0) -> Listener:
    """The listener of one partition's worker, or one that does nothing where no supervisor collects.

    `missing` returns how many batch models should answer but can't be loaded.
    """
    is_collected = settings.http_port is not None and bool(os.environ.get(FOLDER_VARIABLE))
    return _Metrics(partition, missing) if is_collected else Listener()


class _Metrics(Listener):
    def __init__(self, partition: int, missing: Callable[[], int]) -> None:
        # Here, for it looks at the environment when it is imported.
        from prometheus_client import CollectorRegistry, Gauge, Histogram
        from prometheus_client import Counter as Count

        registry = CollectorRegistry()  # nobody collects here: the values stand in the files
        self._partition = str(partition)
        self._count_missing = missing

        def counter(name: str, text: str, *labels: str) -> Count:
            return Count(f"freshet_learner_{name}", text, ("partition", *labels), registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            made = Gauge(name, text, ("partition",), registry=registry, multiprocess_mode="livemax")
            return made.labels(self._partition)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            made = Histogram(
                f"freshet_learner_{name}", text, ("partition",), registry=registry, buckets=buckets
            )
            return made.labels(self._partition)

        self._events = counter("events", "Records of the main input, dead letters among them.")
        self._predictions = counter("predictions", "Predictions.", "task")
        self._served = counter("served", "Predictions by the model whose answer was served.", "task", "model")
        self._outcomes = counter(
            "outcomes", "Predictions that were settled, with a label or without.", "task"
        )
        self._labels = counter("labels", "Predictions that were settled with a label.", "task")
        self._late = counter("late_labels", "Events for a visit that was settled already.")
        self._dead = counter("dead_letters", "Records that could not be used.", "reason")
        self._quarantined = counter("models_quarantined", "Models taken out.", "task", "model")
        self._recoveries = counter("recoveries", "Recoveries by what the state was built from.", "how")
        self._turn = histogram("turn_seconds", "A turn, from poll to commit.", _TURN_S)
        self._commit = histogram("commit_seconds", "Offsets and commit of a turn.", _COMMIT_S)
        self._latency = histogram(
            "latency_seconds", "From the append of the first event of a turn to its commit.", _LATENCY_S
        )
        self._recovered = gauge(RECOVERED, "1 once the committed state is back.")
        self._lag = gauge(LAG, "Records behind the end of the log.")
        self._last_commit = gauge(LAST_COMMIT, "When a turn was committed last.")
        self._idle = gauge(IDLE, "When the end of the log was last found with nothing new.")
        self._missing = gauge(MISSING, "Batch models that should answer and can't be had.")
        self._recovered.set(0)
        for never_yet in (self._events, self._late):
            never_yet.labels(self._partition)

    def recovered(self, at: Position) -> None:
        self._recoveries.labels(self._partition, at.how).inc()
        self._recovered.set(1)

    def committed(self, turn: Turn) -> None:
        partition = self._partition
        self._count(turn)
        for reason, letters in Counter(turn.refused).items():
            self._dead.labels(partition, reason).inc(letters)
        self._turn.observe(turn.turn_s)
        self._commit.observe(turn.commit_s)
        self._latency.observe(turn.latency_s)
        self._last_commit.set(time.time())
        # Last: who sees these events counted finds in the next scrape all that came of them.
        self._events.labels(partition).inc(turn.events)

    def _count(self, turn: Turn) -> None:
        partition = self._partition
        predicted: Counter[str] = Counter()
        served: Counter[tuple[str, str]] = Counter()
        settled: Counter[str] = Counter()
        labelled: Counter[str] = Counter()
        late = 0
        for out in chain.from_iterable(turn.outputs):
            kind = type(out)
            if kind is Prediction:
                predicted[out.task] += 1
                served[out.task, out.model or ""] += 1
            elif kind is Outcome:
                settled[out.task] += 1
                if out.label is not None:
                    labelled[out.task] += 1
            elif kind is LateLabel:
                late += 1
            elif kind is ModelQuarantined:
                self._quarantined.labels(partition, out.task, out.model).inc()
        self._late.labels(partition).inc(late)
        for (task, model), records in served.items():
            self._served.labels(partition, task, model).inc(records)
        for counts, found in (
            (self._predictions, predicted),
            (self._outcomes, settled),
            (self._labels, labelled),
        ):
            for task, records in found.items():
                counts.labels(partition, task).inc(records)

    def looked(self, lag_events: int | None, *, is_empty: bool) -> None:
        self._missing.set(self._count_missing())
        if lag_events is None:
            return
        self._lag.set(lag_events)
        if is_empty and lag_events == 0:
            self._idle.set(time.time())
