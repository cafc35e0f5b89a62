"""Whether a broker answers at all, asked before a client spends ten seconds on finding out."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from contracts.errors import Unreachable

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = ["answers", "need_broker"]

_TIMEOUT_S = 3.0


def answers(bootstrap: str) -> bool:
    """Whether something listens at one of the addresses ``host:port,host:port``."""
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_S).close()
        except (OSError, OverflowError):
            continue
        return True
    return False


def need_broker(settings: Settings) -> None:
    """Go on only where a broker answers.

    Raises
    ------
    Unreachable
        Saying whose address it is and what to do.
    """
    if answers(settings.bootstrap):
        return
    came = settings.origin["bootstrap"]
    message = f"No Kafka broker answers at {settings.bootstrap}."
    if came == "runtime file":
        hint = f"The demo on {settings.data_dir} has ended without saying so. Start it again: freshet demo"
    elif came == "default":
        hint = f"No demo runs on {settings.data_dir}. Start one (freshet demo), or name a broker with --bootstrap."
    else:
        hint = f"The address came from: {came}. Is the broker running?"
    raise Unreachable(message, hint=hint)
