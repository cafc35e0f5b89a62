"""What can go wrong when a broker and a database are started on somebody's machine.

::

    EnvironmentProblem
    ├── JavaMissing          no Java at all
    ├── JavaTooOld           Java, but older than 17
    ├── ExtraMissing         a package of the extra `embedded` is not installed
    ├── DownloadFailed       Kafka's jars could not be fetched
    ├── CorruptJar           a jar is not the one whose SHA-256 is in the repository
    ├── PortTaken            a port that had to be this one is in use
    ├── DataFolderInUse      another process runs on this data folder
    ├── DataFolderForeign    a folder that was not made by Freshet
    ├── DataFolderUnusable   can't be made, written or reached
    ├── DiskFull             too little space, now or while running
    ├── NoUnprivilegedUser   running as root, and nobody else to run Postgres as
    └── ServerFailed         broker or database died or did not come up
"""

from __future__ import annotations

from contracts.errors import EnvironmentProblem

__all__ = [
    "CorruptJar",
    "DataFolderForeign",
    "DataFolderInUse",
    "DataFolderUnusable",
    "DiskFull",
    "DownloadFailed",
    "ExtraMissing",
    "JavaMissing",
    "JavaTooOld",
    "NoUnprivilegedUser",
    "PortTaken",
    "ServerFailed",
]


class JavaMissing(EnvironmentProblem):
    """No Java was found."""


class JavaTooOld(EnvironmentProblem):
    """The newest Java that was found is older than Kafka needs."""


class ExtraMissing(EnvironmentProblem):
    """A package of the extra ``embedded`` is not installed."""


class DownloadFailed(EnvironmentProblem):
    """Kafka's jars could not be fetched."""

    retriable = True


class CorruptJar(EnvironmentProblem):
    """A jar is missing, or not the one whose SHA-256 is in the repository."""


class PortTaken(EnvironmentProblem):
    """A port that had to be this one is in use by another program; `port` names it."""

    def __init__(self, message: str, *, port: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.port = port


class DataFolderInUse(EnvironmentProblem):
    """Another process runs on this data folder; `pid` is its id, if known."""

    def __init__(self, message: str, *, pid: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.pid = pid


class DataFolderForeign(EnvironmentProblem):
    """The folder is another user's, or holds files and was not made by Freshet, which therefore leaves it alone."""


class DataFolderUnusable(EnvironmentProblem):
    """The data folder can't be made, written, or reached by the user that needs it."""


class DiskFull(EnvironmentProblem):
    """Too little disk space is left."""


class NoUnprivilegedUser(EnvironmentProblem):
    """Postgres refuses to run as root, and there is no unprivileged user to run it as."""


class ServerFailed(EnvironmentProblem):
    """The broker or the database died or did not come up; its log's last lines are quoted."""
