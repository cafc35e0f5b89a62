"""Keeps one worker process a partition running. Knows no models: it must be up long before River is imported."""

from consumers.supervisor.monitor import (
    FOLDER_VARIABLE,
    IDLE,
    LAG,
    LAST_COMMIT,
    MISSING,
    RECOVERED,
    WorkersMonitor,
)
from consumers.supervisor.supervise import (
    EXIT_AWAY,
    EXIT_FENCED,
    EXIT_REFUSED,
    Fixed,
    Shares,
    WorkersStopped,
    supervise,
)
from consumers.supervisor.watch import Unwatched, Watch

__all__ = [
    "EXIT_AWAY",
    "EXIT_FENCED",
    "EXIT_REFUSED",
    "FOLDER_VARIABLE",
    "Fixed",
    "IDLE",
    "LAG",
    "LAST_COMMIT",
    "MISSING",
    "RECOVERED",
    "Shares",
    "Unwatched",
    "Watch",
    "WorkersMonitor",
    "WorkersStopped",
    "supervise",
]
