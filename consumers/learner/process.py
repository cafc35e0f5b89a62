"""One worker as a process of its own, as the supervisor starts it: ``python -m consumers.learner PARTITION``.

Settings come from the environment. It ends by `os._exit`, because a failed producer may block a clean exit for ever.
"""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import sys
import threading
import traceback
from functools import partial

from consumers.engine import Repairs
from consumers.learner.metrics import listener_of
from consumers.learner.model_cache import ModelCache
from consumers.learner.registered import load_registered
from consumers.learner.worker import work
from consumers.supervisor import EXIT_AWAY, EXIT_FENCED, EXIT_REFUSED, GOES_ON, WAITS
from contracts.errors import Fenced, FreshetError
from contracts.settings import load
from infra.kafka import keep_client_lines, passes
from infra.lifeline import end_with_parent

__all__ = ["EXIT_CRASHED", "collect_seldom", "main"]

# Told apart from `EXIT_REFUSED` by the supervisor: what crashed is tried again.
EXIT_CRASHED = 1


def collect_seldom() -> None:
    """Run the garbage collector less often: a turn makes many objects, but almost no cycles.

    At the interpreter's own thresholds the learner spent a fifth of its time looking (docs/performance.md).
    """
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def main(argv: list[str] | None = None) -> int:
    """Run one worker; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m consumers.learner", description=__doc__)
    parser.add_argument("partition", type=int, help="which partition of the main input")
    parser.add_argument(
        "--mend-offsets", action="store_true", help="write the group's offset again from the journal"
    )
    parser.add_argument("--untrained", action="store_true", help="where the state is lost, start new models")
    arguments = parser.parse_args(argv)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    collect_seldom()

    def say(*lines: str) -> None:
        print(*lines, sep="\n", file=sys.stderr, flush=True)

    try:
        settings = load()
        keep_client_lines(settings.data_dir, f"learner-{arguments.partition}")
        cache = ModelCache(partial(load_registered, settings))
        work(
            settings,
            arguments.partition,
            should_stop=stop.is_set,
            model_cache=cache,
            listener=listener_of(settings, arguments.partition, lambda: len(cache.missing)),
            repairs=Repairs(arguments.mend_offsets, arguments.untrained),
            recovered=lambda at: say(
                f"partition {arguments.partition}: at offset {at.end}, turn {at.turn}, generation {at.generation}, "
                f"state from {at.how}, {at.folded_events} events folded",
                GOES_ON,
            ),
            away=lambda why: say(GOES_ON if why is None else WAITS + why),
        )
    except FreshetError as error:
        if error.retriable:
            say(f"{WAITS}{error}")
            return EXIT_AWAY
        say(f"partition {arguments.partition}: {type(error).__name__}: {error}")
        return EXIT_FENCED if isinstance(error, Fenced) else EXIT_REFUSED
    except Exception as error:  # noqa: BLE001 - whatever it is, this process ends and the next one recovers
        if passes(error):
            say(f"{WAITS}The broker does not answer as it should ({type(error).__name__}: {error}).")
            return EXIT_AWAY
        traceback.print_exc()
        return EXIT_CRASHED
    return 0
