"""Health and metrics of a long-running command, served where the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from freshet.render import tell

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.monitoring import Role

__all__ = ["monitored"]


@contextmanager
def monitored(settings: Settings, role: Role) -> Iterator[None]:
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
