"""The shell around it all: read how far the log is, send the rest at its pace, check every delivery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from threading import Event
from typing import Final

from contracts.emission import Emission
from contracts.topics import PRODUCT_EVENTS, TRUTH, USER_EVENTS, topic_name
from infra.kafka import connect_producer
from producers.publish.pace import Pace
from producers.publish.resume import go_on, last_ids
from producers.publish.sender import Sender

__all__ = ["Published", "publish"]

_TOPICS: Final = (USER_EVENTS, PRODUCT_EVENTS, TRUTH)
# So long a wait may be before it is asked again whether to stop; and so often the caller hears how it goes.
_NAP_S: Final = 0.5
_TELL_EVERY: Final = 1_000


@dataclass
class Published:
    """How far it got: user events and records of all topics sent in this run."""

    user_events: int = 0
    records: int = 0
    is_complete: bool = False


def publish(
    emissions: Iterable[Emission],
    bootstrap: str,
    *,
    namespace: str = "",
    pace: Pace | None = None,
    stop: Event | None = None,
    clock: Callable[[], float] = time.monotonic,
    tell: Callable[[Published], None] | None = None,
) -> Published:
    """Send what is not on the log yet, and return when all is written or `stop` is set.

    The topics must be there (`infra.kafka.ensure_topics`). One producer at a time: two of the same source would
    each believe that they go on from the same point.

    Parameters
    ----------
    emissions : iterable of Emission
        From the first on, whatever has been sent before.
    bootstrap : str
        ``host:port`` of a broker.
    namespace : str
        Put before the names of topics.
    pace : Pace, optional
        Of the sending; by default as fast as it goes.
    stop : Event, optional
        Set from another thread or a signal handler: what was handed over is still written.
    clock : callable
        Monotonic seconds.
    tell : callable, optional
        Called now and then with how far it is.

    Raises
    ------
    ShopMismatch
        If the log holds another shop's events; nothing is sent then.
    Unreachable
        If the broker does not answer, or a record could not be written.
    """
    pace, stop = pace or Pace(), stop or Event()
    done = Published()
    all_of_them = iter(emissions)
    first = next(all_of_them, None)
    if first is None:
        return Published(is_complete=True)
    names = {topic.name: topic_name(topic, namespace) for topic in _TOPICS}
    there = last_ids(bootstrap, names, first.source)
    with connect_producer(bootstrap) as producer:
        sender = Sender(producer, namespace)
        start = clock()
        for emission in go_on(chain([first], all_of_them), there, stop.is_set):
            if stop.is_set():
                break
            if pace.is_limited:
                due = start + pace.due_s(emission)
                while (wait := due - clock()) > 0 and not stop.wait(min(wait, _NAP_S)):
                    pass
            sender.send(emission)
            done.records += 1
            done.user_events += emission.counts
            if tell and done.records % _TELL_EVERY == 0:
                tell(done)
        else:
            done.is_complete = not stop.is_set()
        sender.finish()
    if tell:
        tell(done)
    return done
