"""Sending a shop's events to a broker, saying how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from threading import Event
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from freshet.cli.long_running import monitored
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
    told: Event,
    *,
    total: int | None,
    unit: str,
    done: Callable[[Published], int],
    waiting: Waiting,
    caught_up: Callable[[], None] = lambda: None,
) -> Published:
    """Send what is not on the log yet, at the pace of the settings, until all is sent or `told` is set.

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
    from producers.publish import Published, PublishMonitor

    so_far = Published()
    with monitored(settings, PublishMonitor(so_far, waiting)):
        return _send(emissions, settings, told, so_far, total, unit, done, waiting, caught_up)


def _send(
    emissions: Iterable[Emission],
    settings: Settings,
    told: Event,
    published: Published,
    total: int | None,
    unit: str,
    done: Callable[[Published], int],
    waiting: Waiting,
    caught_up: Callable[[], None],
) -> Published:
    from infra.kafka import ensure_topics
    from producers.publish import Pace, publish

    waiting.until_done(
        lambda: ensure_topics(
            settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group
        ),
        told,
    )
    pace = Pace(speed=settings.speed) if settings.speed is not None else Pace(rate=settings.rate)
    screen = console(stderr=True)
    if not can_redraw(sys.stderr):
        return publish(
            emissions,
            settings.bootstrap,
            namespace=settings.namespace,
            pace=pace,
            stop=told,
            tell=_lines(total, unit, done),
            done=published,
            waiting=waiting,
            caught_up=caught_up,
        )
    columns = (TextColumn("sending"), BarColumn(), TextColumn("{task.completed:,.0f} " + unit))
    with Progress(*columns, TaskProgressColumn(), TimeRemainingColumn(), console=screen) as bar:
        task = bar.add_task("sending", total=total)
        return publish(
            emissions,
            settings.bootstrap,
            namespace=settings.namespace,
            pace=pace,
            stop=told,
            tell=lambda so_far: bar.update(task, completed=done(so_far)),
            done=published,
            waiting=waiting,
            caught_up=caught_up,
        )


def _lines(total: int | None, unit: str, done: Callable[[Published], int]) -> Callable[[Published], None]:
    last_s = time.monotonic()
    of = f" of {total:,}" if total is not None else ""

    def say(so_far: Published) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= _LINE_EVERY_S:
            last_s = time.monotonic()
            tell(f"sent {done(so_far):,}{of} {unit}")

    return say
