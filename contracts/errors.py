"""Every error of Freshet, in one tree.

::

    FreshetError                      exit code 1
    ├── UsageError                    exit code 2: what the user typed or set
    │   ├── SettingsError             a setting is unknown, malformed or out of range
    │   └── InputFileError            a file that was handed in can't be used
    ├── EnvironmentProblem            this machine lacks something: Java, disk, a port, a network
    │   └── Unreachable               the broker or the database does not answer (retriable)
    ├── TopicMismatch                 a topic exists with other settings than declared
    ├── ShopMismatch                  the log holds another shop's data
    ├── ArtefactRefused               a trained model is not what it must be, and is not opened
    ├── BadRecord                     one record can't be used: it goes to dead-letters
    └── RecoveryError                 a worker can't go on without loss, and therefore does not
        ├── OffsetsMoved              the group's offset is not the one that the journal committed
        ├── StateLost                 no way back to the committed state is left
        ├── Diverged                  folding the log again gives another state than committed
        └── Fenced                    another worker owns this partition now
"""

from __future__ import annotations

__all__ = [
    "ArtefactRefused",
    "BadRecord",
    "Diverged",
    "EnvironmentProblem",
    "Fenced",
    "FreshetError",
    "InputFileError",
    "OffsetsMoved",
    "RecoveryError",
    "SettingsError",
    "ShopMismatch",
    "StateLost",
    "TopicMismatch",
    "Unreachable",
    "UsageError",
]


class FreshetError(Exception):
    """Root of all errors that Freshet raises on purpose.

    Parameters
    ----------
    message : str
        What must be and what was, in one or two sentences.
    hint : str, optional
        What the user can do about it, often a command.
    """

    exit_code: int = 1
    retriable: bool = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint, as shown to a user."""
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(FreshetError):
    """The user asked for something that can't be: a flag, a value, a combination."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown, malformed or out of its range."""


class InputFileError(UsageError):
    """A file that the user handed in is missing, unreadable or not what it must be."""


class EnvironmentProblem(FreshetError):
    """The machine lacks something that Freshet needs."""


class Unreachable(EnvironmentProblem):
    """The broker or the database does not answer."""

    retriable = True


class TopicMismatch(FreshetError):
    """A topic exists, but not as declared; `topic` names it."""

    def __init__(self, message: str, *, topic: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.topic = topic


class ShopMismatch(FreshetError):
    """The log holds the events of another shop (other seed, scenario or file)."""


class ArtefactRefused(FreshetError):
    """A trained model is not opened: it is not ours, not whole, or made with other versions.

    Parameters
    ----------
    reason : str
        A short name to count by: ``not-genuine``, ``not-skops``, ``unknown-type``, ``other-versions``,
        ``broken``, ``other-task``, ``other-features``, ``known`` (it is there already).
    message : str
        What must be and what was.
    hint : str, optional
        The way out.
    """

    def __init__(self, reason: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class BadRecord(FreshetError):
    """One record can't be used.

    Parameters
    ----------
    reason : str
        A short name to count by, such as ``not-json``; see `contracts.codec`.
    detail : str
        What exactly was wrong, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RecoveryError(FreshetError):
    """A worker stops rather than go on with a state that is not the committed one.

    Parameters
    ----------
    message : str
        What was found, with the offsets.
    topic : str
        Topic of the main input.
    partition : int
        Partition that the worker owns.
    offset : int, optional
        The offset in question.
    hint : str, optional
        The way out.
    """

    def __init__(
        self, message: str, *, topic: str, partition: int, offset: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.topic = topic
        self.partition = partition
        self.offset = offset


class OffsetsMoved(RecoveryError):
    """The group's committed offset or its metadata differ from the journal's last record."""


class StateLost(RecoveryError):
    """The committed state can't be had again: the log is cut, or the journal is gone."""


class Diverged(RecoveryError):
    """The log folded again from its start does not give the state that was committed."""


class Fenced(RecoveryError):
    """The broker says that a newer worker owns the partition."""
