"""Sending a shop's events to a broker, saying how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from freshet.cli.long_running import serve_health
from freshet.cli.rendering import can_redraw, console, tell

if TYPE_CHECKING:
    from contracts.emission import Emission
    from contracts.settings import Settings
    from infra.waiting import Waiting
    from producers.publish import Published

__all__ = ["send"]

_LINE_EVERY_S: Final = 5.0


def send(
    emissions: Iterable[Emission],
    settings: Settings,
    stop: Event,
    *,
    total: int | None,
    unit: str,
    done: Callable[[Published], int],
    waiting: Waiting,
    caught_up: Callable[[], None] = lambda: None,
) -> Published:
    """Send what is not on the log yet, at the pace of the settings, until all is sent or `stop` is set.

    Parameters
    ----------
    emissions : iterable of Emission
        All of the shop's, from the first on.
    settings : Settings
        Broker, pace, partitions.
    told : Event
        Set it to end.
    total : int, optional
        At the end; for the progress bar.
    unit : str
        Of what is counted.
    done : callable
        Counts it.
    waiting : Waiting
        For a broker that is away.
    caught_up : callable
        Called when all that is on the log already has been passed over.
    """
    from infra.kafka import ensure_topics
    from producers.publish import Pace, Published, PublishMonitor, publish

    so_far = Published()
    with serve_health(settings, PublishMonitor(so_far, waiting)):
        waiting.until_done(
            lambda: ensure_topics(
                settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group
            ),
            stop,
        )
        with _progress(total, unit, done) as progress:
            return publish(
                emissions,
                settings.bootstrap,
                namespace=settings.namespace,
                pace=Pace(speed=settings.speed) if settings.speed is not None else Pace(rate=settings.rate),
                stop=stop,
                tell=progress,
                done=so_far,
                waiting=waiting,
                caught_up=caught_up,
            )


@contextmanager
def _progress(
    total: int | None, unit: str, done: Callable[[Published], int]
) -> Iterator[Callable[[Published], None]]:
    """What `publish` tells how far it is: a bar on a terminal, else a line every few seconds."""
    if not can_redraw(sys.stderr):
        yield _lines(total, unit, done)
        return
    columns = (TextColumn("sending"), BarColumn(), TextColumn("{task.completed:,.0f} " + unit))
    screen = console(stderr=True)
    with Progress(*columns, TaskProgressColumn(), TimeRemainingColumn(), console=screen) as bar:
        task = bar.add_task("sending", total=total)
        yield lambda so_far: bar.update(task, completed=done(so_far))


def _lines(total: int | None, unit: str, done: Callable[[Published], int]) -> Callable[[Published], None]:
    last_s = time.monotonic()
    of = f" of {total:,}" if total is not None else ""

    def say(so_far: Published) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= _LINE_EVERY_S:
            last_s = time.monotonic()
            tell(f"sent {done(so_far):,}{of} {unit}")

    return say
