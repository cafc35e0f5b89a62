"""TCP ports of 127.0.0.1 that stay the same over restarts."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Collection
from pathlib import Path

from contracts.errors import EnvironmentProblem

__all__ = ["HOST", "free_port", "is_free", "load_ports", "save_ports"]

HOST = "127.0.0.1"
"""Everything embedded binds to this address only."""

_LOWEST, _HIGHEST = 20_000, 32_000
"""Below the ports that Linux (32768) and macOS (49152) hand to outgoing connections.

A port that the system chose for ``bind(0)`` comes from that range, and is often some connection's own end by the
time of a restart.
"""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Java and Postgres do: without it a port counts as taken for a minute after its server ended.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)  # on macOS bind alone succeeds beside another bound socket
        except (OSError, OverflowError):
            return False
        return True


def free_port(preferred: int | None = None, *, avoid: Collection[int] = ()) -> int:
    """Choose a free port.

    Parameters
    ----------
    preferred : int, optional
        Returned if it is free and not in `avoid`.
    avoid : collection of int
        Ports that must not be chosen.

    Returns
    -------
    int
        A port that was free when asked; it may be lost before a server binds it.
    """
    if preferred is not None and preferred not in avoid and is_free(preferred):
        return preferred
    # Not seeded: two programs that start at once must not try the same ports in the same order.
    chooser = random.SystemRandom()
    for _ in range(1000):
        port = chooser.randint(_LOWEST, _HIGHEST)
        if port not in avoid and is_free(port):
            return port
    message = f"No free port was found on {HOST} between {_LOWEST} and {_HIGHEST}."
    raise EnvironmentProblem(message)


def load_ports(file: Path) -> dict[str, int]:
    """Read the ports of an earlier start; none if there was none or the file is damaged."""
    try:
        found = json.loads(file.read_bytes())
        return {str(name): int(port) for name, port in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def save_ports(file: Path, ports: dict[str, int]) -> None:
    """Keep `ports` in `file`, whole or not at all."""
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    scratch.write_text(json.dumps(ports) + "\n")
    scratch.replace(file)
