"""A producer that can be killed: ``python publisher_process.py BOOTSTRAP NAMESPACE SEED EVENTS PARTITIONS [RATE]``."""

import sys

from producers.publish import Pace, publish
from producers.simulator import Scenario, Simulator

if __name__ == "__main__":
    bootstrap, namespace = sys.argv[1:3]
    seed, events, partitions, *rate = map(int, sys.argv[3:])
    publish(
        Simulator(Scenario(seed=seed, events=events, partitions=partitions)),
        bootstrap,
        namespace=namespace,
        pace=Pace(*rate),
    )
