"""What can go wrong when history is moved into the marts.

::

    FreshetError
    ├── EtlRuns          another run moves into the same database (retriable)
    ├── LedgerMoved      another run moved the same offsets meanwhile (retriable)
    ├── EtlFailed        Spark could not finish; the marts are as before (retriable)
    ├── OffsetsLost      the log no longer has what was not moved yet
    ├── TopicRemade      a topic was deleted and made again
    └── MartsMismatch    the marts hold another shop's data
    EnvironmentProblem
    └── SparkMissing     the extra `spark` is not installed
"""

from __future__ import annotations

from contracts.errors import EnvironmentProblem, FreshetError

__all__ = [
    "EtlFailed",
    "EtlRuns",
    "LedgerMoved",
    "MartsMismatch",
    "OffsetsLost",
    "SparkMissing",
    "TopicRemade",
]


class EtlRuns(FreshetError):
    """Another run moves history into the same database."""

    retriable = True


class LedgerMoved(FreshetError):
    """Another run moved the same offsets meanwhile; this one moved nothing."""

    retriable = True


class EtlFailed(FreshetError):
    """Spark, or the database under it, could not finish; the marts are as before."""

    retriable = True


class OffsetsLost(FreshetError):
    """The log no longer has offsets that were not moved yet.

    Parameters
    ----------
    message : str
        What must be and what was.
    topic : str
        Name on the broker.
    partition : int
        Its partition.
    offset : int
        The first offset that is lost.
    hint : str, optional
        The way out.
    """

    def __init__(
        self, message: str, *, topic: str, partition: int, offset: int, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.topic = topic
        self.partition = partition
        self.offset = offset


class TopicRemade(FreshetError):
    """A topic was deleted and made again: its offsets mean other records; `topic` names it."""

    def __init__(self, message: str, *, topic: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.topic = topic


class MartsMismatch(FreshetError):
    """The marts hold the data of another namespace."""


class SparkMissing(EnvironmentProblem):
    """PySpark, or what it needs, is not installed."""
