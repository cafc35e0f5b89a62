"""Bytes an event on each output topic: a simulated shop through the learner's fold, in memory.

``python -m benchmarks.record_bytes`` prints mean and largest values by topic and task, and bytes a record of the main
input. Keys and the broker's framing come on top, about 22 bytes a record.
"""

from __future__ import annotations

import argparse
from collections import Counter

from consumers.learner import LearnerFold
from contracts.topics import USER_EVENTS
from infra.kafka import Record
from producers.simulator import Scenario, Simulator


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="user events (default %(default)s)")
    arguments = parser.parse_args()
    fold = LearnerFold(0)
    total, count, most = Counter[str](), Counter[str](), Counter[str]()
    offset = 0
    for e in Simulator(Scenario(seed=7, events=arguments.events, partitions=1)):
        if e.topic != USER_EVENTS.name:
            continue
        record = Record(e.topic, 0, offset, 0, e.key.encode(), e.value, ())
        offset += 1
        outputs = fold.step(record).outputs
        fold.complete()
        for output, sent in zip(outputs, fold.outgoing(outputs, record, now_ms=12), strict=True):
            size = len(sent.value or b"")
            for name in (sent.topic, f"{sent.topic} of {getattr(output, 'task', 'no task')}"):
                total[name] += size
                count[name] += 1
                most[name] = max(most[name], size)
    print(f"{'':28s} {'records':>9s} {'mean':>7s} {'largest':>8s} {'an event':>9s}")
    for name in sorted(total):
        mean, an_event = total[name] / count[name], total[name] / offset
        print(f"{name:28s} {count[name]:9,d} {mean:7.1f} {most[name]:8,d} {an_event:9.1f}")


if __name__ == "__main__":
    main()
