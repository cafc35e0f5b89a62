"""What must be known of a broker before work begins: that it answers, and how many partitions the shop has there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from contracts.errors import Unreachable

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = ["answers", "require_address", "require_broker", "with_partitions_found"]

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


def require_broker(settings: Settings) -> None:
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


def require_address(settings: Settings) -> None:
    """As `require_broker`, but a broker that somebody named may be away: for roles, which wait for it.

    A demo's may not: the next demo has another address, or none.
    """
    if settings.origin["bootstrap"] in ("default", "runtime file"):
        require_broker(settings)


def with_partitions_found(settings: Settings) -> Settings:
    """Where nobody said how many partitions there are: as many as the main input was made with, if it is there."""
    if settings.origin["partitions"] != "default":
        return settings
    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import partition_count

    found = partition_count(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
    return settings if found is None else settings.model_copy(update={"partitions": found})
