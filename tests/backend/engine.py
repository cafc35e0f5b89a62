"""Asks for an engine that runs containers, and for its images."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import closing

import docker
from docker.errors import DockerException, ImageNotFound
from requests.exceptions import RequestException
from testcontainers.core.docker_client import DockerClient, get_docker_host

from tests.backend.choice import Unavailable
from tests.backend.images import KAFKA, POSTGRES

_USUAL = "unix:///var/run/docker.sock"
_ANSWER_S = 10
_PULL_S = 300.0  # 600 MB on a slow line; who has none at all is refused at once


def ready_engine(images: Sequence[str] = (KAFKA, POSTGRES)) -> str:
    """Return the name of the engine when it has `images`, which it pulls where they are missing.

    Raises
    ------
    Unavailable
        If no engine answers, it is on another machine, or an image can't be had.
    """
    with closing(_connect()) as client:
        for image in images:
            _need(client, image)
        return _named(client)


def answering_engine() -> str:
    """Return the name of the engine, whatever images it has.

    Raises
    ------
    Unavailable
        If none answers, or it is on another machine.
    """
    with closing(_connect()) as client:
        return _named(client)


def _named(client: docker.DockerClient) -> str:
    version = str(client.version()["Version"]).partition("+")[0]  # without what Debian adds
    return f"Docker {version}"


def _connect() -> docker.DockerClient:
    # The same places that testcontainers looks at.
    host = get_docker_host() or _USUAL
    if not host.startswith("unix://"):
        message = f"the engine at {host} may be on another machine, and ports are published on loopback only"
        raise Unavailable(message)
    try:
        # Docker's library leaves a socket that could not connect to the garbage collector, which warns of it later.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_ANSWER_S)
            probe.connect(host.removeprefix("unix://"))
        return DockerClient(timeout=_ANSWER_S).client
    except (DockerException, OSError) as error:
        message = f"no engine answers at {host}: {_root_of(error)}"
        raise Unavailable(message) from error


def _root_of(error: BaseException) -> str:
    """The first line of what went wrong at the bottom: requests and urllib3 wrap it thrice."""
    while error.__context__ is not None:
        error = error.__context__
    return (str(error) or type(error).__name__).splitlines()[0]


def _need(client: docker.DockerClient, image: str) -> None:
    try:
        client.images.get(image)
        return
    except ImageNotFound:
        pass
    deadline = time.monotonic() + _PULL_S
    repository, _, tag = image.partition(":")
    try:
        for told in client.api.pull(repository, tag, stream=True, decode=True):
            if "error" in told:
                message = f"{image} can't be pulled: {told['error']}"
                raise Unavailable(message)
            if time.monotonic() > deadline:
                message = f"{image} was not pulled within {_PULL_S:.0f} s"
                raise Unavailable(message)
    except (DockerException, RequestException) as error:
        message = f"{image} can't be pulled: {_root_of(error)}"
        raise Unavailable(message) from error
