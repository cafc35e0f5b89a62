"""The shell around it all: read how far the log is, send the rest at its pace, check every delivery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from threading import Event
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from contracts.emission import Emission
from contracts.records import DriftBegan
from contracts.topics import PRODUCT_EVENTS, TRUTH, USER_EVENTS, topic_name
from infra.kafka import connect_producer
from infra.waiting import Waiting
from producers.publish.pace import Pace
from producers.publish.resume import go_on, last_ids
from producers.publish.sender import Sender

__all__ = ["Published", "publish"]

_TOPICS: Final = (USER_EVENTS, PRODUCT_EVENTS, TRUTH)
# So long a wait may be before it is asked again whether to stop; and so often the caller hears how it goes.
_NAP_S: Final = 0.5
_TELL_EVERY: Final = 1_000
# Given up, a batch would be missing before those that are written after it. As long as the client can count.
_FOR_EVER_MS: Final = 2**31 - 1
_BLOCK_MS: Final = 5_000
_LAST_RECORDS_S: Final = 5.0


@dataclass
class Published:
    """How far it got in this run; others may look at it while it goes on.

    Parameters
    ----------
    user_events, records : int
        Sent; records of all topics.
    is_complete : bool
        Whether nothing is left to send.
    has_begun : bool
        Whether it is known where to go on: the topics were read.
    topics : dict of str to int
        Records sent, by the topic's name on the broker.
    behind_s : float
        How much later than due the last record was sent; 0 where the pace has no limit.
    alive_s : float, optional
        By the clock, when it last sent something, waited for what is due, or passed over what is there.
    """

    user_events: int = 0
    records: int = 0
    is_complete: bool = False
    has_begun: bool = field(default=False, compare=False)
    topics: dict[str, int] = field(default_factory=dict, compare=False)
    behind_s: float = field(default=0.0, compare=False)
    alive_s: float | None = field(default=None, compare=False)


def publish(
    emissions: Iterable[Emission],
    bootstrap: str,
    *,
    namespace: str = "",
    pace: Pace | None = None,
    stop: Event | None = None,
    clock: Callable[[], float] = time.monotonic,
    tell: Callable[[Published], None] | None = None,
    done: Published | None = None,
    waiting: Waiting | None = None,
    caught_up: Callable[[], None] = lambda: None,
) -> Published:
    """Send what is not on the log yet, and return when all is written or `stop` is set.

    A broker that is away is waited for, at the start as in the middle.

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
    done : Published, optional
        Where to count; it is what is returned.
    waiting : Waiting, optional
        Told where a broker is waited for.
    caught_up : callable
        See `go_on`.

    Raises
    ------
    ShopMismatch
        If the log holds another shop's events; nothing is sent then.
    FreshetError
        If a record could not be written.
    """
    pace, stop = pace or Pace(), stop or Event()
    waiting = waiting or Waiting("The sender", lambda _line: None)
    done = done if done is not None else Published()
    all_of_them = iter(emissions)
    first = next(all_of_them, None)
    if first is None:
        done.has_begun = done.is_complete = True
        return done
    names = {topic.name: topic_name(topic, namespace) for topic in _TOPICS}
    done.topics = dict.fromkeys(names.values(), 0)
    there = waiting.until_done(lambda: last_ids(bootstrap, names, first.source), stop)
    if there is None:
        return done

    def is_stopped() -> bool:
        done.alive_s = clock()
        return stop.is_set()

    with _producer(bootstrap, waiting, stop) as producer:
        if producer is None:
            return done
        sender = Sender(producer, namespace, waiting, stop, clock)
        start = clock()
        done.has_begun, done.alive_s = True, start
        for emission in go_on(chain([first], all_of_them), there, is_stopped, caught_up):
            if stop.is_set():
                break
            if pace.is_limited:
                due = start + pace.due_s(emission)
                while (wait := due - clock()) > 0 and not stop.wait(min(wait, _NAP_S)):
                    sender.look()
                    done.alive_s = clock()
                done.behind_s = max(0.0, -wait)
            if not sender.send(emission):
                break
            # Whoever starts again switches by these notes: nothing that follows from one may be on the log without it.
            if emission.event_type == DriftBegan.__name__ and not sender.is_written():
                break
            done.alive_s = clock()
            done.topics[names[emission.topic]] += 1
            done.records += 1
            done.user_events += emission.counts
            if tell and done.records % _TELL_EVERY == 0:
                tell(done)
        else:
            done.is_complete = sender.is_written() and not stop.is_set()
    if tell:
        tell(done)
    return done


@contextmanager
def _producer(bootstrap: str, waiting: Waiting, stop: Event) -> Iterator[KafkaProducer | None]:
    """A producer that never gives a record up; at the end what it holds is written, if that can be done soon."""

    def connected() -> KafkaProducer:
        return connect_producer(bootstrap, delivery_timeout_ms=_FOR_EVER_MS, max_block_ms=_BLOCK_MS)

    producer = waiting.until_done(connected, stop)
    try:
        yield producer
    finally:
        if producer is not None:
            with suppress(KafkaTimeoutError):  # the next one goes on from what is written
                producer.close(timeout=_LAST_RECORDS_S)
