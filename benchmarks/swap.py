"""A batch model is shadowed and promoted while events flow: what does the swap cost? ``python -m benchmarks.swap``.

Two learners with the default portfolio, the real broker and database, a simulated shop at 1,000 user events a second. A
reader of committed records notes when each prediction can be read; its latency runs from the broker's append of the
event. In the end the log is folded again: no prediction may be missing or double.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.servers import own_servers
from consumers.audit import audit
from consumers.learner import LearnerFold, ModelCache, work
from consumers.learner.process import collect_seldom
from consumers.lifecycle import Activations, Move
from contracts.bounds import Stage
from contracts.model_version import Signature
from contracts.records import ModelChanged
from contracts.settings import Settings, environment, load
from contracts.topics import PREDICTIONS, USER_EVENTS, topic_name
from infra.kafka import connect_producer, ensure_topics, group_offset, log_range, read_to_end, tail
from infra.signatures import signatures_of
from models.registry import BatchModel
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator

PARTITIONS: Final = 2
_AROUND_S: Final = 2.0
_TICK_S: Final = 0.005


@dataclass(frozen=True)
class _Folder:
    path: Path

    def load(self, model_id: str, digest: str) -> BatchModel:
        made: BatchModel = pickle.loads((self.path / digest).read_bytes())  # noqa: S301 - made by this very run
        return made


def _keep_model(folder: Path) -> str:
    """Keep boosted trees of conversion's features, trained on made-up labels: their answers cost what real ones do."""
    rng = np.random.default_rng(0)
    features = tuple(feature.name for feature in TASKS["conversion"].features().declared)
    rows = rng.random((4_000, len(features)))
    labels = rows[:, :5].sum(axis=1) + rng.normal(0.0, 0.5, len(rows)) > 2.5
    estimator = HistGradientBoostingClassifier(max_iter=100).fit(rows, labels)
    data = pickle.dumps(BatchModel(Signature(features=features, answer="probability"), estimator))
    digest = hashlib.sha256(data).hexdigest()
    (folder / digest).write_bytes(data)
    return digest


def _learn(partition: int, folder: Path) -> None:
    collect_seldom()
    work(load(), partition, should_stop=lambda: False, model_cache=ModelCache(_Folder(folder).load))


def _send(settings: Settings, rate: float, seconds: float, are_up: threading.Event) -> None:
    topic = topic_name(USER_EVENTS, settings.namespace)
    emissions = Simulator(Scenario(seed=7, events=int(rate * seconds), partitions=PARTITIONS))
    began_s, sent = 0.0, 0
    with connect_producer(settings.bootstrap) as producer:
        for emission in emissions:
            if emission.topic != USER_EVENTS.name:
                continue
            if emission.counts and not sent:
                # What a shop opens with is on the log: learners commit that, and only then shoppers come.
                producer.flush()
                are_up.wait()
                began_s = time.monotonic()
            while emission.counts and sent > (time.monotonic() - began_s) * rate:
                time.sleep(_TICK_S)
            producer.send(
                topic, value=emission.value, key=emission.key.encode(), partition=emission.partition
            )
            sent += emission.counts
        producer.flush()


def _read(settings: Settings, seen: list[tuple[float, int, int, str]], done: threading.Event) -> None:
    with closing(tail(settings.bootstrap, topic_name(PREDICTIONS, settings.namespace))) as records:  # type: ignore[type-var]
        for record in records:
            if done.is_set():
                return
            if record is not None:
                at_ms, fields = time.time() * 1000, json.loads(record.value or b"")
                seen.append((at_ms, fields["partition"], fields["offset"], fields["model"]))


def _activate(settings: Settings, stage: Stage, digest: str) -> float:
    """Write a change; when, in milliseconds since 1970."""
    activations = Activations(settings.bootstrap, settings.namespace, signatures_of(settings))
    at_ms = time.time() * 1000
    action = {"shadow": "shadow", "champion": "promote"}[stage]
    changed = ModelChanged(change=stage, task="conversion", action=action, model="boosting@1")
    activations.write(changed, [Move("boosting", "1", digest, stage)])
    activations.close()
    return at_ms


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 240.0
    while not condition():
        if time.monotonic() > deadline_s:
            message = f"not in time: {what}"
            raise SystemExit(message)
        time.sleep(0.2)


def run(settings: Settings, folder: Path, rate: float, seconds: float) -> None:
    """Run the whole of it, and print the figures."""
    ensure_topics(settings.bootstrap, PARTITIONS, namespace=settings.namespace, group=settings.group)
    digest = _keep_model(folder)
    argv = [sys.executable, "-m", "benchmarks.swap", "--models", str(folder), "--learn"]
    learners = [subprocess.Popen([*argv, str(p)], env=environment(settings)) for p in range(PARTITIONS)]
    seen: list[tuple[float, int, int, str]] = []
    done = threading.Event()
    reader = threading.Thread(target=_read, args=(settings, seen, done), daemon=True)
    reader.start()
    try:
        are_up = threading.Event()
        sender = threading.Thread(target=_send, args=(settings, rate, seconds, are_up), daemon=True)
        sender.start()
        main = topic_name(USER_EVENTS, settings.namespace)
        offsets = lambda p: (group_offset(settings.bootstrap, settings.group, main, p) or (0,))[0]  # noqa: E731
        _wait(lambda: all(offsets(p) > 0 for p in range(PARTITIONS)), "learners have begun")
        are_up.set()
        time.sleep(seconds / 3)
        shadow_ms = _activate(settings, "shadow", digest)
        time.sleep(seconds / 3)
        promote_ms = _activate(settings, "champion", digest)
        sender.join()
        ends = {p: end for p, (_, end) in log_range(settings.bootstrap, main).items()}
        _wait(lambda: all(offsets(p) >= ends[p] - 1 for p in ends), "learners at the end")
        time.sleep(1.0)
    finally:
        done.set()
        for learner in learners:
            learner.kill()
            learner.wait()
    _print(settings, seen, shadow_ms, promote_ms)
    cache, signatures = ModelCache(_Folder(folder).load), signatures_of(settings)
    report = audit(
        settings.bootstrap,
        group=settings.group,
        namespace=settings.namespace,
        fold=lambda p: LearnerFold(
            p, namespace=settings.namespace, batch_models=cache, signatures=signatures
        ),
        signatures=signatures,
        many_records=10**9,
    )
    print(f"audit {'ok' if report.is_ok else 'NOT ok'}; {'; '.join(report.explain()) or 'nothing to note'}")


def _print(
    settings: Settings, seen: list[tuple[float, int, int, str]], shadow_ms: float, promote_ms: float
) -> None:
    appended: dict[tuple[int, int], int] = {
        (r.partition, r.offset): r.timestamp_ms
        for r in read_to_end(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
    }
    rows = np.array([(at, at - appended[p, offset]) for at, p, offset, _ in seen])
    at, latency = rows[:, 0], rows[:, 1]
    steady = at > at[0] + 5_000.0  # the first commits and the first events of a new log are slow
    around = {
        "before": steady & (at < shadow_ms - 100.0),
        "2 s from shadow on": (at >= shadow_ms) & (at < shadow_ms + 1000.0 * _AROUND_S),
        "as a shadow": (at >= shadow_ms + 1000.0 * _AROUND_S) & (at < promote_ms),
        "2 s from promotion on": (at >= promote_ms) & (at < promote_ms + 1000.0 * _AROUND_S),
        "as champion": at >= promote_ms + 1000.0 * _AROUND_S,
    }
    for name, chosen in around.items():
        if not chosen.any():
            continue
        p50, p99 = np.percentile(latency[chosen], (50, 99))
        most = latency[chosen].max()
        print(
            f"{name:22} {chosen.sum():7,} predictions   p50 {p50:6.0f} ms   p99 {p99:6.0f} ms   most {most:6.0f} ms"
        )
    served = {model: sum(s == model for *_, s in seen) for model in {s for *_, s in seen}}
    print("served", ", ".join(f"{model} {count:,}" for model, count in sorted(served.items(), key=str)))


def main() -> None:
    """Start broker and database, and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rate", type=float, default=1_000.0, help="user events a second (default %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long events flow (default %(default)s)"
    )
    parser.add_argument("--models", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--learn", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.learn is not None:
        _learn(arguments.learn, arguments.models)
        return
    with own_servers("swap.") as settings:
        run(settings, settings.data_dir, arguments.rate, arguments.seconds)


if __name__ == "__main__":
    main()
