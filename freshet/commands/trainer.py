"""``freshet trainer``: the life of batch models by itself."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from consumers.trainer.trials import LEAST_LABELS
from contracts.errors import EnvironmentProblem, FreshetError, Unreachable, UsageError
from dashboard.terminal.plain_text import json_line, plain
from freshet.cli.broker_check import require_address
from freshet.cli.command import DATABASE, HTTP, MODELS, command
from freshet.cli.failures import INTERRUPTED, known
from freshet.cli.long_running import serve_health, waiting_as
from freshet.cli.options import (
    Json,
    LeastLabels,
    seconds,
)
from freshet.cli.rendering import echo
from infra.signals import stop_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.trainer.monitor import TrainerMonitor
    from consumers.trainer.trainer import News, Trainer
    from contracts.settings import Settings
    from infra.postgres import RegistryStore
    from infra.waiting import Waiting
    from models.tasks import TaskSpec


_NICENESS = 10
# Counting labels and asking the gate read ever more while nothing is trained anew: they may take a tenth of the time,
# and so may trainings that fail.
_PAUSES_A_LOOK = 9


@command(
    MODELS,
    4,
    examples="""freshet trainer
        freshet trainer conversion --every 5m --budget 2m
        freshet trainer --once --json""",
    takes=(*DATABASE, *HTTP),
)
def trainer(
    settings: Settings,
    tasks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TASK]...", help="As freshet score names them; all, if not given."),
    ] = None,
    every: Annotated[
        str, typer.Option("--every", metavar="30s", help="Pause between two rounds (s, m, h).")
    ] = "30s",
    once: Annotated[bool, typer.Option("--once", help="One round, and no loop.")] = False,
    budget: Annotated[
        str,
        typer.Option("--budget", help="Time for a training; a model of each recipe is fitted in any case."),
    ] = "60s",
    least_labels: LeastLabels = LEAST_LABELS,
    json: Json = False,
) -> None:
    """Train, shadow and promote batch models by itself, until Ctrl-C.

    A model is trained once there are enough labels, and anew when there are half as many again; `freshet etl --every`
    brings them. It answers as a shadow until the gate says yes or the next one takes its place; promotions are never
    forced. What fails is reported, and tried again in the next round.
    """
    from models.tasks import TASKS

    if unknown := [task for task in tasks or () if task not in TASKS]:
        message = f"Tasks must be of {', '.join(TASKS)}. Got {unknown[0]!r}."
        raise UsageError(message)
    chosen = [task for name, task in TASKS.items() if task.batch is not None and (not tasks or name in tasks)]
    if none := sorted({*(tasks or ())} - {task.name for task in chosen}):
        message = f"Tasks must be ones that have batch models. {none[0]} has none."
        raise UsageError(message)
    pause_s, budget_s = seconds("--every", every, least_s=1.0), seconds("--budget", budget)
    if find_spec("matplotlib") is None:
        message = "Training needs matplotlib, which is not installed."
        raise EnvironmentProblem(message, hint="Install it: pip install 'freshet[train]'")
    stop = stop_event()
    require_address(settings)
    waiting = waiting_as("trainer", settings)
    # The stream goes first, wherever both want the same core.
    os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    from consumers.trainer.monitor import TrainerMonitor
    from consumers.trainer.trainer import Trainer
    from freshet.cli.open_registry import opened_registry
    from infra.postgres import DatabaseCheck, ModelChangeStore, database_of

    check = DatabaseCheck(settings.database_url, settings.database_password_file)
    monitor = TrainerMonitor(check, pause_s, len(chosen) * budget_s)
    teller = _Teller(monitor, is_json=json)
    with ExitStack() as held:

        def opened() -> RegistryStore:
            return held.enter_context(opened_registry(settings))

        held.enter_context(serve_health(settings, monitor))
        if (registry := opened() if once else waiting.until_done(opened, stop)) is None:
            return
        changes = held.enter_context(ModelChangeStore(database_of(settings)))
        by_itself = Trainer(
            settings,
            registry,
            changes,
            least_labels=least_labels,
            budget_s=budget_s,
            tell=teller.tell,
            stop=stop,
        )
        if once:
            _once(by_itself, chosen, teller, stop)
            return
        while not stop.is_set():
            problem, looked_s = _round(by_itself, chosen, teller, stop, " Tried again.", waiting)
            follows_s = max(pause_s, _PAUSES_A_LOOK * looked_s)
            monitor.ended(None if problem is None else problem.message, follows_s)
            if waiting.why is None:
                stop.wait(follows_s)
            else:
                waiting.pause(stop)


def _once(by_itself: Trainer, tasks: Sequence[TaskSpec], teller: _Teller, stop: threading.Event) -> None:
    problem, _ = _round(by_itself, tasks, teller, stop)
    if problem is not None:
        raise problem
    if stop.is_set():
        raise typer.Exit(INTERRUPTED)


def _round(
    by_itself: Trainer,
    tasks: Sequence[TaskSpec],
    teller: _Teller,
    stop: threading.Event,
    then: str = "",
    waiting: Waiting | None = None,
) -> tuple[FreshetError | None, float]:
    """Look after each task; what went wrong, and how long those took of which nothing came to be trained.

    With `waiting`, what is away is waited for: then the other tasks would only find the same.
    """
    from consumers.trainer.trainer import News
    from infra.kafka import passes

    problem, looked_s = None, 0.0
    for task in tasks:
        if stop.is_set():
            break
        trained, began_s = teller.trained, time.monotonic()
        try:
            by_itself.look_after(task)
        except Exception as error:
            problem = known(error)
            if problem is None:
                raise
            if waiting is not None and (isinstance(error, Unreachable) or passes(error)):
                waiting.waits(str(problem))
                return problem, looked_s
            teller.tell(News(task.name, "failed", problem.message + then))
        finally:
            looked_s += time.monotonic() - began_s if teller.trained == trained else 0.0
    if waiting is not None:
        waiting.goes_on()
    return problem, looked_s


class _Teller:
    """Tells news, a line each; what is the same as before is told once."""

    def __init__(self, monitor: TrainerMonitor, *, is_json: bool) -> None:
        self._monitor = monitor
        self._is_json = is_json
        self._last: dict[str, str] = {}
        self.trained = 0

    def tell(self, news: News) -> None:
        """Tell it."""
        self._monitor.happened(news.task, news.step)
        self.trained += news.step == "trained"
        if self._last.get(news.task) == news.said:
            return
        self._last[news.task] = news.said
        now = datetime.now(UTC)
        if self._is_json:
            echo(json_line(news.as_json(now.isoformat(timespec="seconds"))))
        else:
            echo(plain(f"{now:%Y-%m-%d %H:%M:%S} {news.task}: {news.said}"))
