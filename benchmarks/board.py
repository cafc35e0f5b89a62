"""The board of a demo, as text: what README shows, and who is ahead while the models are young.

``python -m benchmarks.board --minutes 1 11`` starts ``freshet demo`` in a folder of its own and prints its board after
so many minutes; then, for each task and every few labels from 2,000 on, the loss of the served model beside that of
the best baseline. ``--no-batch`` leaves the batch models out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from contracts.settings import load
from dashboard.terminal.board import draw
from dashboard.view.build import view_of
from dashboard.view.live_feed import Feed
from dashboard.view.scores import Scores
from freshet.run.batch_logs import BatchLogs
from freshet.run.remembered_shop import recall
from models.tasks import TASKS

if TYPE_CHECKING:
    from contracts.records import Metrics
    from models.tasks import TaskSpec

FROM_LABELS = 2_000
_LOSSES = ("log_loss", "mae")
_START_S = 240.0


def ahead(task: TaskSpec, served: str, at: Metrics) -> str:
    """Say how the served model does beside the best baseline."""
    loss = next(name for name in _LOSSES if name in at.models[served])
    baselines = {m.name: at.models[m.name][loss] or 0.0 for m in task.models if m.kind == "baseline"}
    best, own = min(baselines, key=baselines.__getitem__), at.models[served][loss] or 0.0
    word = "ahead of" if own < baselines[best] else "BEHIND"
    return f"{task.name:11} {at.labels:7,} labels  {served} {loss} {own:.4f}  {word} {best} {baselines[best]:.4f}"


def show(folder: Path, minutes: list[float], width: int, height: int) -> None:
    """Follow a demo that runs in `folder`."""
    settings, shop = load({"data_dir": folder}), recall(folder)
    assert shop is not None
    scores, batch = Scores(settings), BatchLogs(folder / "logs")
    feed = Feed(settings, scores.counts, scores.has_batch)
    began_s, pause = time.monotonic(), threading.Event()
    feed.start()
    try:
        for minute in minutes:
            pause.wait(60 * minute - (time.monotonic() - began_s))
            elapsed_s = time.monotonic() - began_s
            view = view_of(
                feed.facts, shop, settings, state="running", elapsed_s=elapsed_s, batch=batch.look()
            )
            screen = Console(width=width, height=height, markup=False, highlight=False, emoji=False)
            screen.print(draw(view, width, height))
    finally:
        feed.close()
    for name, history in feed.facts.history.items():
        served = feed.facts.counts.served.get(name) or TASKS[name].models[0].name
        for at in history:
            if at.labels >= FROM_LABELS and served in at.models:
                print(ahead(TASKS[name], served, at))


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0])
    parser.add_argument("--seed", default="7")
    parser.add_argument("--width", type=int, default=120)
    parser.add_argument("--height", type=int, default=40)
    parser.add_argument("--no-batch", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "data")
        argv = [sys.executable, "-m", "freshet", "demo", "--data-dir", str(folder), "--seed", given.seed]
        with Path(scratch, "said").open("w+") as said:
            demo = subprocess.Popen(
                [*argv, *["--no-batch"] * given.no_batch], stdout=said, stderr=subprocess.STDOUT
            )
            try:
                deadline_s, pause = time.monotonic() + _START_S, threading.Event()
                while not (folder / "logs" / "scoreboard.log").exists():
                    if demo.poll() is not None or time.monotonic() > deadline_s:
                        said.seek(0)
                        message = f"the demo did not start:\n{said.read()}"
                        raise SystemExit(message)
                    pause.wait(0.2)
                show(folder, given.minutes, given.width, given.height)
            finally:
                demo.terminate()
                demo.wait()


if __name__ == "__main__":
    main()
