"""The backend in containers: one broker and one database a run, of the official images."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.labels import SESSION_ID

from infra.embedded.kafka.config import properties
from infra.embedded.ports import HOST
from infra.lifeline import spawn
from tests.backend.images import POSTGRES
from tests.backend.kafka_container import KafkaContainer
from tests.backend.loopback import publish_on_loopback, start_on_free_port
from tests.backend.settings import BROKER_OVERRIDES
from tests.waiting import until

_ROOT: Final = Path(__file__).resolve().parents[2]
_USER: Final = "freshet"
_STOP_GRACE_S: Final = 60
_START_DEADLINE_S: Final = 60.0
_ENDED_BY_A_SIGNAL_TO_END: Final = (0, 143)


class ContainersBackend:
    """A broker and a database in containers, removed at the end of the ``with``.

    A run that dies before leaves that to the sweeper, a process that outlives it by seconds. testcontainers has an
    image for this, Ryuk, which wants the engine's socket in a container and is one more image to be had.
    """

    name = "containers"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()

    @cached_property
    def broker(self) -> ContainerBroker:
        container = start_on_free_port(_broker)
        self._running.callback(container.stop)
        return ContainerBroker(container)

    @cached_property
    def database(self) -> ContainerDatabase:
        password_file = self._folder / "password"
        password = secrets.token_urlsafe(24)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)

        def make(port: int) -> PostgresContainer:
            container = PostgresContainer(
                POSTGRES, username=_USER, password=password, dbname=_USER, driver=None
            )
            publish_on_loopback(container, container.port, port)
            return container

        container = start_on_free_port(make)
        self._running.callback(container.stop)
        return ContainerDatabase(container, password_file)

    def __enter__(self) -> Self:
        testcontainers_config.ryuk_disabled = True
        testcontainers_config.max_tries, testcontainers_config.sleep_time = (
            600,
            0.2,
        )  # 120 times 1 s by default
        # Before the first container, so that there is none without it.
        sweeper = spawn(
            [sys.executable, "-m", "tests.backend.sweeper", SESSION_ID], cwd=_ROOT, stdout=subprocess.DEVNULL
        )
        self._running.callback(sweeper.stop, _STOP_GRACE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()


class ContainerBroker:
    """A broker whose container is stopped and started."""

    def __init__(self, container: KafkaContainer) -> None:
        self.container = container
        self.bootstrap = container.get_bootstrap_server()

    def start(self) -> None:
        self.container.get_wrapped_container().start()
        self.container.wait_until_serving()

    def stop(self) -> None:
        _stop(self.container)


class ContainerDatabase:
    """A database whose container is stopped and started."""

    def __init__(self, container: PostgresContainer, password_file: Path) -> None:
        self.container = container
        self.password_file = password_file
        port = container.get_exposed_port(container.port)
        self.conninfo = psycopg.conninfo.make_conninfo(
            host=HOST, port=port, dbname=container.dbname, user=container.username
        )
        self._wait()

    def start(self) -> None:
        self.container.get_wrapped_container().start()
        self._wait()

    def stop(self) -> None:
        _stop(self.container)

    def _wait(self) -> None:
        """Log in from here: the engine's proxy accepts connections before Postgres does."""
        until(self._is_serving, f"Postgres at {self.conninfo} lets us in", _START_DEADLINE_S)

    def _is_serving(self) -> bool:
        try:
            psycopg.connect(self.conninfo, password=self.container.password, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def _broker(port: int) -> KafkaContainer:
    """Make one as the embedded broker is, but for addresses and folders, which are the container's own."""
    container = KafkaContainer(host_port=port).with_kraft().with_heap("512m")
    own = container.own_settings()
    settings = properties(port, KafkaContainer.CONTROLLER_PORT, BROKER_OVERRIDES)
    return container.with_settings({name: value for name, value in settings.items() if name not in own})


def _stop(container: DockerContainer) -> None:
    """Stop a container in order; one that must be killed has crashed, and may come back as after a crash."""
    wrapped = container.get_wrapped_container()
    wrapped.stop(timeout=_STOP_GRACE_S)
    code = wrapped.wait()["StatusCode"]
    if code not in _ENDED_BY_A_SIGNAL_TO_END:
        message = f"{container.image} did not end in order within {_STOP_GRACE_S} s (exit code {code})"
        raise RuntimeError(message)
