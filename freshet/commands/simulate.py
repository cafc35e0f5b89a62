"""x."""

from __future__ import annotations
from typing import Annotated
import typer
from freshet.options import *
from freshet.service import until_told

EXAMPLES = "freshet simulate"


def simulate(
    events: Annotated[int | None, typer.Option("--events")] = None, data_dir: DataDir = None
) -> None:
    """X."""
    told = until_told()
    settings = settings_from(data_dir=data_dir)
    from producers.simulator import Simulator, Scenario
    from infra.kafka import connect_producer

    p = connect_producer(settings.bootstrap)
    import time

    t0 = time.monotonic()
    n = 0
    for e in Simulator(Scenario(seed=settings.seed, events=events, partitions=settings.partitions)):
        if told.is_set():
            break
        p.send(e.topic, key=e.key.encode(), value=e.value, partition=e.partition)
        n += e.counts
        if settings.rate:
            while n / settings.rate > time.monotonic() - t0 and not told.wait(0.01):
                pass
    p.flush()
    p.close()
