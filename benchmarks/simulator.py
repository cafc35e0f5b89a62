"""How fast the shop is, without Kafka: ``python -m benchmarks.simulator`` prints user events a second.

With all that goes over the wire: the oracle's three lines, JSON, partitions, ticks and copies of product events.
"""

from __future__ import annotations

import argparse
import statistics
import time

from producers.simulator import Scenario, Simulator

__all__ = ["events_per_s"]


def events_per_s(scenario: Scenario) -> tuple[float, float]:
    """User events a second of one run: by the clock, and by the processor's time alone."""
    wall, cpu = time.perf_counter(), time.process_time()
    counted = sum(emission.counts for emission in Simulator(scenario))
    return counted / (time.perf_counter() - wall), counted / (time.process_time() - cpu)


def main() -> None:
    """Print the median of some runs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulator", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    runs = [
        events_per_s(Scenario(events=asked.events, partitions=asked.partitions)) for _ in range(asked.runs)
    ]
    wall, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
    print(
        f"simulator: {wall:,.0f} user events/s by the clock, {cpu:,.0f} by processor time "
        f"(median of {asked.runs} runs of {asked.events:,}, {asked.partitions} partitions; at least 60,000 wanted)"
    )


if __name__ == "__main__":
    main()
