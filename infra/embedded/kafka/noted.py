"""When a controller has taken note of a broker that died."""

from __future__ import annotations

import time
from pathlib import Path

from infra.embedded.server import Server

__all__ = ["DeathNoted"]

_NOTING_S = 10.0


class DeathNoted:
    """Tells when the controller alone has taken note of the dead broker, and has written that down.

    What it says in its log it writes some time later. Stopped in between it has noted nothing, and the broker comes
    back into the old session. So its metadata must grow twice more, which takes a second: records are written in
    order, and one without content follows every 500 ms.

    Parameters
    ----------
    server : Server
        The controller.
    metadata : Path
        The folder of its log.
    """

    def __init__(self, server: Server, metadata: Path) -> None:
        self._server = server
        self._metadata = metadata
        self._active_s: float | None = None
        self._bytes: int | None = None
        self._growths = 0

    def __call__(self) -> bool:
        """Look once more; whether it has."""
        if self._active_s is None and self._server.said("Activated periodic tasks"):
            self._active_s = time.monotonic()
        if self._bytes is not None:
            before, self._bytes = self._bytes, self._written()
            self._growths += self._bytes > before
            return self._growths >= 2
        if self._server.said("Fencing broker 1 at epoch"):
            self._bytes = self._written()
        # Nothing to note where it died before it had registered.
        return self._active_s is not None and time.monotonic() - self._active_s > _NOTING_S

    def _written(self) -> int:
        return sum(file.stat().st_size for file in self._metadata.glob("*.log"))
