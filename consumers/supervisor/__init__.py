"""Keeps one worker process a partition running. Knows no models: it must be up long before River is imported."""

from consumers.supervisor.listener import Listener
from consumers.supervisor.monitor import (
    FOLDER_VARIABLE,
    IDLE,
    LAG,
    LAST_COMMIT,
    MISSING,
    RECOVERED,
    WorkersMonitor,
)
from consumers.supervisor.supervise import Assignment, StaticAssignment, WorkersStopped, supervise
from consumers.supervisor.talk import EXIT_AWAY, EXIT_FENCED, EXIT_OVERDUE, EXIT_REFUSED, GOES_ON, WAITS

__all__ = [
    "EXIT_AWAY",
    "EXIT_FENCED",
    "EXIT_OVERDUE",
    "EXIT_REFUSED",
    "FOLDER_VARIABLE",
    "StaticAssignment",
    "GOES_ON",
    "IDLE",
    "LAG",
    "LAST_COMMIT",
    "MISSING",
    "RECOVERED",
    "Assignment",
    "Listener",
    "WAITS",
    "WorkersMonitor",
    "WorkersStopped",
    "supervise",
]
