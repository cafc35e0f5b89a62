"""Going on where a producer that died had got to, by what stands on the log itself.

A process that is killed leaves each partition at a point of its own. But records of one partition are written in
order, so the last one of this source tells all: what comes after it in this partition is missing, the rest is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from contracts.emission import Emission
from contracts.errors import ShopMismatch
from infra.kafka import Record, log_range, read_to_end

__all__ = ["FRESH", "go_on", "last_ids"]

_LOOK_BACK: Final = 256
FRESH: Final = "Start over with --fresh, which deletes the log and all that was learnt from it."
# These stand among the shop's events and come from elsewhere.
_NOT_OF_A_SHOP: Final = {b"ModelActivated"}


def _source_of(record: Record) -> str | None:
    headers = dict(record.headers)
    if headers.get("ce_type") in _NOT_OF_A_SHOP:
        return None
    source = headers.get("ce_source")
    return source.decode(errors="replace") if source else None


def _last_of_a_shop(bootstrap: str, topic: str, partition: int, first: int, end: int) -> Record | None:
    back = _LOOK_BACK
    while True:
        start = max(first, end - back)
        last = None
        # Uncommitted ones too: ours are written outside of transactions, and an open one must not hide them.
        for record in read_to_end(
            bootstrap, topic, start={partition: start}, partitions=[partition], isolation="read_uncommitted"
        ):
            if _source_of(record) is not None:
                last = record
        if last is not None or start == first:
            return last
        back *= 8


def last_ids(bootstrap: str, topics: Mapping[str, str], source: str) -> dict[tuple[str, int], str]:
    """How far `source` has got in each partition.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker.
    topics : mapping of str to str
        Name as declared to name on the broker.
    source : str
        Of the emissions that are about to be sent.

    Returns
    -------
    dict of (str, int) to str
        Id of the last event of each declared topic and partition that holds any.

    Raises
    ------
    ShopMismatch
        If a partition holds another shop's events, or held some that have been cut off.
    """
    found = {}
    for declared, topic in topics.items():
        for partition, (first, end) in log_range(bootstrap, topic, isolation="read_uncommitted").items():
            record = _last_of_a_shop(bootstrap, topic, partition, first, end) if end > first else None
            if record is None:
                if end > 0 and first == end:
                    message = f"{topic}/{partition} has been cut up to its end at {end}: where to go on is not known."
                    raise ShopMismatch(message, hint=FRESH)
                continue
            theirs = _source_of(record)
            if theirs != source:
                message = f"{topic}/{partition} must hold events of {source}. It holds those of {theirs}."
                raise ShopMismatch(message, hint=FRESH)
            found[declared, partition] = dict(record.headers)["ce_id"].decode(errors="replace")
    return found


def go_on(
    emissions: Iterable[Emission],
    done: Mapping[tuple[str, int], str],
    is_stopped: Callable[[], bool] = lambda: False,
    caught_up: Callable[[], None] = lambda: None,
) -> Iterator[Emission]:
    """Leave out what is on the log already.

    Parameters
    ----------
    emissions : iterable of Emission
        All of them, from the first.
    done : mapping of (str, int) to str
        See `last_ids`. Ids are unique within a partition of a topic.
    is_stopped : callable
        Asked while emissions are left out: a long log takes minutes, and Ctrl-C must not.
    caught_up : callable
        Called once all that is on the log was left out, before the next emission is asked for.

    Raises
    ------
    ShopMismatch
        If the emissions end before all of these have come by: the log was not written by them.
    """
    left = dict(done)
    rest = iter(emissions)
    for emission in rest:
        if is_stopped():
            return
        at = (emission.topic, emission.partition)
        last = left.get(at)
        if last is None:
            yield emission
        elif last == emission.event_id:
            del left[at]
        if not left:
            break
    else:
        if left:
            (topic, partition), last = next(iter(left.items()))
            message = (
                f"{topic}/{partition} ends with {last}, which this source never sends: the log is another's."
            )
            raise ShopMismatch(message, hint=FRESH)
    caught_up()
    yield from rest
