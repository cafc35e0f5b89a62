"""What long-running commands share: they serve health and metrics, and wait for a broker or database that is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from freshet.cli.rendering import tell

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.monitoring import Role
    from infra.waiting import Waiting

__all__ = ["serve_health", "waiting_as"]


@contextmanager
def serve_health(settings: Settings, role: Role) -> Iterator[None]:
    """Serve `role` while the block runs, if the settings name a port, and tell where.

    Raises
    ------
    infra.monitoring.CannotListen
        If the port is in use.
    """
    if settings.http_port is None:
        yield
        return
    from infra.monitoring import MonitoringServer

    with MonitoringServer(role, settings.http_host, settings.http_port) as server:
        tell(f"health and metrics at {server.url}")
        yield


def waiting_as(role: str, settings: Settings) -> Waiting:
    """How a long-running role waits: it says so on standard error, and the client's own lines go elsewhere.

    Parameters
    ----------
    role : str
        Such as ``learner``.
    settings : Settings
        Of its data folder.
    """
    from infra.kafka import keep_client_lines
    from infra.waiting import Waiting

    keep_client_lines(settings.data_dir, role.lower())
    return Waiting(f"The {role}", tell)
