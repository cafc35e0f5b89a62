"""Keeps one worker process a partition running. Knows no models: it must be up long before River is imported."""

from consumers.supervisor.monitor import (
    FOLDER_VARIABLE,
    IDLE,
    LAG,
    LAST_COMMIT,
    RECOVERED,
    WorkersMonitor,
)
from consumers.supervisor.supervise import EXIT_REFUSED, WorkersStopped, supervise
from consumers.supervisor.watch import Unwatched, Watch

__all__ = [
    "EXIT_REFUSED",
    "FOLDER_VARIABLE",
    "IDLE",
    "LAG",
    "LAST_COMMIT",
    "RECOVERED",
    "Unwatched",
    "Watch",
    "WorkersMonitor",
    "WorkersStopped",
    "supervise",
]
