"""What a candidate and what is served lost on the same labels, read from ``ml.outcomes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from contracts.records import is_batch
from contracts.topics import OUTCOMES, USER_EVENTS, topic_name
from infra.kafka import offsets_from, read_to_end
from models.evaluate import GateReport, gate

__all__ = ["evidence", "served_loss"]

_TELL_EVERY: Final = 1_000


class _Settled(msgspec.Struct, tag_field="type", tag="Outcome", gc=False):
    """Of an outcome what the gate looks at."""

    task: str
    partition: int
    offset: int
    session_id: str
    settled_time: str
    label: float | None
    losses: dict[str, float | None]


_settled = msgspec.json.Decoder(_Settled)


def served_loss(losses: Mapping[str, float | None], champion: str | None) -> float | None:
    """The loss of what is served: of the champion among batch models, else of the first online model that answered.

    Examples
    --------
    >>> losses = {"second-order": 0.3, "logistic": 0.4, "a@1": 0.2, "b@1": None}
    >>> served_loss(losses, "a@1"), served_loss(losses, "b@1"), served_loss(losses, None)
    (0.2, 0.3, 0.3)
    """
    if champion is not None and (loss := losses.get(champion)) is not None:
        return loss
    return next((loss for name, loss in losses.items() if loss is not None and not is_batch(name)), None)


def evidence(
    bootstrap: str,
    namespace: str,
    *,
    task: str,
    candidate: str,
    champion: str | None,
    since: Mapping[int, int],
    progress: Callable[[int], None] = lambda _labels: None,
) -> GateReport:
    """Put a candidate before the gate, with all labels of what was asked since it answers.

    Parameters
    ----------
    bootstrap, namespace : str
        Where the topics are.
    task, candidate : str
        Of the candidate its ``name@version``.
    champion : str or None
        Who is served now; None: an online model.
    since : mapping of int to int
        By partition, the offset of the main input from which the candidate answers.
    progress : callable
        Called now and then with how many labels were read.
    """
    main, outcomes = topic_name(USER_EVENTS, namespace), topic_name(OUTCOMES, namespace)
    began_ms = {
        p: ms for p, offset in since.items() if (ms := _appended_ms(bootstrap, main, p, offset)) is not None
    }
    rows: list[tuple[str, int, int, str, float, float]] = []
    for record in read_to_end(bootstrap, outcomes, start=offsets_from(bootstrap, outcomes, began_ms)):
        try:
            one = _settled.decode(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # a late label, or not ours
        if one.task != task or one.label is None or one.offset <= since.get(one.partition, one.offset):
            continue
        mine, theirs = one.losses.get(candidate), served_loss(one.losses, champion)
        if mine is not None and theirs is not None:
            rows.append((one.settled_time, one.partition, record.offset, one.session_id, mine, theirs))
            if len(rows) % _TELL_EVERY == 0:
                progress(len(rows))
    rows.sort()
    # A session's name counts within its partition alone.
    sessions = [f"{row[1]}/{row[3]}" for row in rows]
    return gate([row[4] for row in rows], [row[5] for row in rows], sessions)


def _appended_ms(bootstrap: str, topic: str, partition: int, offset: int) -> int | None:
    found = next(read_to_end(bootstrap, topic, start={partition: offset}, partitions=[partition]), None)
    return None if found is None else found.timestamp_ms
