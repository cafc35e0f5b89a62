"""A learner's worker as a process of its own, with what tests need: ends itself at a named point of a turn, or
runs another portfolio. Settings come from the environment, as for the real one.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from consumers.engine import Repairs, Step
from consumers.learner import LearnerFold, ModelCache, no_registry, work
from contracts.errors import FreshetError
from contracts.settings import Settings, load
from infra.kafka import Record
from infra.signatures import signatures_of
from models.portfolio import Portfolio
from models.tasks import TASKS
from models.tasks.spec import ModelSpec
from tests.batch_models import Folder


class Clockwork:
    """A model that is not deterministic: it answers by the clock."""

    def predict_one(self, x: dict[str, float]) -> float:
        return (time.perf_counter_ns() % 1000) / 2000 + 0.1

    def learn_one(self, x: dict[str, float], y: float) -> None:
        pass


class Constant:
    """A model that is new in this release."""

    def predict_one(self, x: dict[str, float]) -> float:
        return 0.25

    def learn_one(self, x: dict[str, float], y: float) -> None:
        pass


class Breaking:
    """A model whose `predict_one` ends the whole process: no quarantine helps against that."""

    def predict_one(self, x: dict[str, float]) -> float:
        os._exit(9)

    def learn_one(self, x: dict[str, float], y: float) -> None:
        pass


PORTFOLIOS = {"nondeterministic": Clockwork, "upgraded": Constant, "breaking": Breaking}


class Noticing(LearnerFold):
    """The default fold; notices when it is past an offset."""

    behind = -1
    is_past = False

    def step(self, record: Record) -> Step:
        self.is_past = self.is_past or record.offset >= self.behind
        return super().step(record)


def other_fold(kind: str, partition: int, settings: Settings) -> LearnerFold:
    """The default portfolio with one more conversion model."""
    conversion = TASKS["conversion"]
    more = ModelSpec(kind, "online", PORTFOLIOS[kind])
    tasks = [replace(conversion, models=(*conversion.models, more)), TASKS["basket"]]
    return LearnerFold(partition, namespace=settings.namespace, portfolio=Portfolio(partition, tasks))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("partition", type=int)
    parser.add_argument("--portfolio", choices=sorted(PORTFOLIOS))
    parser.add_argument("--fault", help="a point of consumers.engine.FAULT_POINTS")
    parser.add_argument("--nth", type=int, default=1, help="end at the nth time that it is reached")
    parser.add_argument("--behind", type=int, default=-1, help="count from the turn with this offset on")
    parser.add_argument("--models", type=Path, help="folder of batch models")
    parser.add_argument("--mend-offsets", action="store_true")
    parser.add_argument("--untrained", action="store_true")
    arguments = parser.parse_args()
    settings = load()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    reached = 0

    def fault(point: str) -> None:
        nonlocal reached
        if point == arguments.fault and noticing.is_past:
            reached += 1
            if reached == arguments.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    cache = ModelCache(Folder(arguments.models).load if arguments.models else no_registry)
    noticing = Noticing(
        arguments.partition,
        namespace=settings.namespace,
        batch_models=cache,
        signatures=signatures_of(settings) if arguments.models else None,
    )
    noticing.behind = arguments.behind
    fold = other_fold(arguments.portfolio, arguments.partition, settings) if arguments.portfolio else noticing
    noticing.is_past = noticing.is_past or fold is not noticing or arguments.behind < 0
    try:
        work(
            settings,
            arguments.partition,
            should_stop=stop.is_set,
            repairs=Repairs(arguments.mend_offsets, arguments.untrained),
            fault=fault,
            recovered=lambda at: print(f"recovered from {at.how} at {at.end}", file=sys.stderr, flush=True),
            fold=fold,
            model_cache=cache,
        )
    except FreshetError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)
