"""Keeps one worker process a partition running. Knows no models: it must be up long before River is imported."""

from consumers.supervisor.supervise import EXIT_FENCED, EXIT_REFUSED, Fixed, Shares, WorkersStopped, supervise

__all__ = ["EXIT_FENCED", "EXIT_REFUSED", "Fixed", "Shares", "WorkersStopped", "supervise"]
