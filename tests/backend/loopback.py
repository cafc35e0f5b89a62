"""Containers on ports of 127.0.0.1 that stay the same over stop and start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from docker.errors import APIError
from testcontainers.core.container import DockerContainer

from infra.embedded.ports import HOST, free_port

_TRIES: Final = 5
_TAKEN: Final = ("port is already allocated", "address already in use")

C = TypeVar("C", bound=DockerContainer)


def publish_on_loopback(container: DockerContainer, port: int, host_port: int) -> None:
    """Publish the container's `port` as 127.0.0.1:`host_port`.

    ``with_bind_ports`` publishes on all addresses of the machine. What it fills is handed to the engine as it is, and
    that takes an address, too. A port that the engine chose would be another one after a stop and a start.
    """
    cast("dict[str, object]", container.ports)[str(port)] = (HOST, host_port)


def start_on_free_port(make: Callable[[int], C]) -> C:
    """Start what `make` makes for a host port; on another port when that one was lost in between."""
    lost: set[int] = set()
    while True:
        port = free_port(avoid=lost)
        container = make(port)
        try:
            return container.start()
        except APIError as error:
            container.stop()
            lost.add(port)
            if len(lost) == _TRIES or not any(text in str(error) for text in _TAKEN):
                raise
        except BaseException:
            container.stop()
            raise
