"""Removes the containers of a test run that has died, however: ``python -m tests.backend.sweeper SESSION``.

Started by the run itself, on a life line from it. Where the run ends in order, nothing is left to remove.
"""

from __future__ import annotations

import signal
import sys
from contextlib import closing, suppress

from docker.errors import NotFound
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.labels import LABEL_SESSION_ID

from infra.lifeline import end_with_parent

_SWEEPING_S = 60.0


def sweep(session: str) -> None:
    """Remove all containers of a session, and their volumes."""
    with closing(DockerClient().client) as client:
        of_session = {"label": f"{LABEL_SESSION_ID}={session}"}
        for container in client.containers.list(all=True, filters=of_session, ignore_removed=True):
            with suppress(NotFound):
                container.remove(force=True, v=True)


if __name__ == "__main__":
    # Blocked, not handled: it must not come between two steps of the sweep.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    end_with_parent(_SWEEPING_S, _SWEEPING_S)
    signal.sigwait({signal.SIGTERM})
    sweep(sys.argv[1])
