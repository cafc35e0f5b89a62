"""Whether learners must build their state anew. People are told, so that they know why predictions wait."""

from __future__ import annotations

from collections.abc import Mapping

from consumers.learner import LearnerFold
from contracts.records import JournalRecord

__all__ = ["what_changed"]


def what_changed(journalled: Mapping[int, JournalRecord]) -> str:
    """Say how much is folded again, since the code of models or features is not what learnt from it; else nothing.

    Parameters
    ----------
    journalled : mapping
        The last turn of each partition.
    """
    events = sum(
        last.end - last.origin
        for partition, last in journalled.items()
        if last.fingerprint != LearnerFold(partition).fingerprint
    )
    if not events:
        return ""
    return f"Models or features have changed: their state is built anew from the log, {events:,} events."
