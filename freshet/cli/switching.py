"""How a simulator hears of drifts that are switched while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.signatures import Signatures
    from infra.waiting import Waiting
    from producers.publish import Noted
    from producers.simulator import Switches

__all__ = ["switching"]


@contextmanager
def switching(settings: Settings, told: Event, waiting: Waiting) -> Iterator[Switches]:
    """Give the switches of a shop: those that its log notes, and what is asked for from now on."""
    from infra.kafka import ensure_topics
    from infra.signatures import signatures_of
    from producers.publish import listen, noted
    from producers.simulator import Switch, Switches

    bootstrap, namespace = settings.bootstrap, settings.namespace

    def before() -> tuple[Signatures, list[Noted]]:
        ensure_topics(bootstrap, settings.partitions, namespace=namespace, group=settings.group)
        signatures = signatures_of(settings)
        return signatures, noted(bootstrap, namespace, signatures)

    found = waiting.until_done(before, told)
    if found is None:  # told to end meanwhile
        yield Switches()
        return
    signatures, notes = found
    switches = Switches((note.event_number, Switch(note.drift, note.control)) for note in notes)
    last = max((note.control for note in notes), default=-1)
    done = Event()
    listen(bootstrap, namespace, signatures, last, lambda wish: switches.ask(Switch(*wish)), done)
    try:
        yield switches
    finally:
        done.set()
