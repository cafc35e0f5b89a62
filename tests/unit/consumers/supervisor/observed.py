"""A worker's listener without a worker, in a process of its own that ends at once."""

from __future__ import annotations

import multiprocessing
import os
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from consumers.engine import GENESIS, Position, Turn
from contracts.records import LateLabel, Outcome, Prediction
from contracts.settings import Settings

_METRICS: Final = str(Path(__file__).resolve().parents[4] / "consumers" / "learner" / "metrics.py")
# Forked from one that has imported all but the metrics, which choose their files when they are imported.
_FORKS: Final = multiprocessing.get_context("forkserver")


def observe(env: Mapping[str, str], partition: int, *, recovers: bool, turns: int, lag: int) -> int:
    """Run a worker's listener with these settings to its end; the id that its process had."""
    _FORKS.set_forkserver_preload([__name__])
    process = _FORKS.Process(target=_observe, args=(dict(env), partition, recovers, turns, lag))
    process.start()
    process.join(120)
    assert process.exitcode == 0 and process.pid is not None
    return process.pid


def _observe(env: dict[str, str], partition: int, recovers: bool, turns: int, lag: int) -> None:
    os.environ.update(env)
    # Without its package, which would import River each time.
    listener_of = runpy.run_path(_METRICS)["listener_of"]
    listener = listener_of(Settings(http_port=0), partition)
    if recovers:
        listener.recovered(Position(1, 1, 1, 0, GENESIS, None, "snapshot"))
    for _ in range(turns):
        listener.committed(_turn(partition))
    listener.looked(lag, is_empty=not turns)


def _turn(partition: int) -> Turn:
    """Two predictions, one of which is settled with a label, a late label and a dead letter."""
    who: dict[str, Any] = {
        "partition": partition, "offset": 1, "event_id": "e", "user_id": "u", "session_id": "s", "time": "t"
    }  # fmt: skip
    asked: dict[str, Any] = {"model": None, "prediction": None, "answers": {}}
    settled: dict[str, Any] = {
        "settled_offset": 2,
        "settled_time": "t",
        "answers": {},
        "losses": {},
        "why": "ended",
    }
    outputs = [
        [Prediction(task=task, **who, **asked) for task in ("conversion", "basket")],
        [
            Outcome(task="conversion", label=1.0, **who, **settled),
            Outcome(task="basket", label=None, **who, **settled),
        ],
        [LateLabel(event="OrderPlaced", **who)],
    ]
    return Turn(5, outputs, ["not-json"], 0.02, 0.01, 0.03)
