"""A cluster of three brokers from the embedded broker's jars: each record has three copies, and must have two.

Two of three are killed at once: then nothing can be written, and the controllers have no majority. Clients reach
each broker through a door, so that the kill can come at a chosen request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from infra.embedded import EmbeddedKafka
from infra.embedded.kafka.broker import new_cluster_id
from infra.embedded.ports import HOST, free_port, is_free
from tests.backend.settings import BROKER_OVERRIDES
from tests.faults.cut import Door
from tests.waiting import until

__all__ = ["Cluster", "cluster"]

_BROKERS = 3
_THREE_COPIES = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # One that was killed is not let in again before: 60 s where a broker is alone.
    "broker.session.timeout.ms": "4000",
}


class Cluster:
    """Brokers 1, 2 and 3; made by `cluster`.

    Parameters
    ----------
    folder : Path
        Each broker has a folder in it.
    """

    def __init__(self, folder: Path) -> None:
        self._killing = threading.Lock()
        self._killed: tuple[int, ...] = ()
        self._next = 0
        self._doors = [Door(partial(self._client_port, n), partial(self._kill, n)) for n in range(_BROKERS)]
        ports: list[int] = []
        for _ in range(3 * _BROKERS):
            ports.append(free_port(avoid=ports))
        own, controllers, self._client_ports = (ports[n::3] for n in range(3))
        self._ports = list(zip(own, controllers, self._client_ports, strict=True))
        voters = ",".join(f"{n + 1}@{HOST}:{port}" for n, port in enumerate(controllers))
        cluster_id = new_cluster_id()
        self.brokers = [
            EmbeddedKafka(
                folder / str(n + 1),
                BROKER_OVERRIDES
                | _THREE_COPIES
                | {
                    "node.id": str(n + 1),
                    "controller.quorum.voters": voters,
                    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                    "listeners": f"PLAINTEXT://{HOST}:{own[n]},CLIENTS://{HOST}:{self._client_ports[n]},"
                    f"CONTROLLER://{HOST}:{controllers[n]}",
                    "advertised.listeners": f"PLAINTEXT://{HOST}:{own[n]},CLIENTS://{HOST}:{self._doors[n].port}",
                },
                port=own[n],
                progress=lambda _line: None,
                cluster_id=cluster_id,
            )
            for n in range(_BROKERS)
        ]

    @property
    def bootstrap(self) -> str:
        """Addresses for clients, of all three."""
        return ",".join(f"{HOST}:{door.port}" for door in self._doors)

    @property
    def is_shut(self) -> bool:
        """Whether two of three are killed."""
        return bool(self._killed)

    def start(self) -> None:
        """Start all three: none serves before two are there."""
        self._start(range(_BROKERS))

    def stop(self) -> None:
        """End all of them, without the order that no one needs any more."""
        for broker in self.brokers:
            broker.kill()
        for door in self._doors:
            door.shut()

    def shut(self) -> None:
        """Kill two of three, others each time."""
        self._kill(self._next)
        self._next = (self._next + 1) % _BROKERS

    def shut_at(self, what: int | bytes | None) -> None:
        """Kill the broker that a client asks for this, and another one; see `Door.shut_at`."""
        for door in self._doors:
            door.shut_at(what)

    def open(self, until: int | bytes | None = None) -> None:
        """Start those that were killed; see `shut_at` for `until`."""
        self._start(self._killed)
        for n in self._killed:
            self._doors[n].open()
        self._killed = ()
        self.shut_at(until)

    def _client_port(self, n: int) -> int:
        return self._client_ports[n]

    def _start(self, numbers: range | tuple[int, ...]) -> None:
        with ThreadPoolExecutor(_BROKERS) as pool:
            list(pool.map(lambda n: self.brokers[n].start(), numbers))

    def _kill(self, n: int) -> None:
        with self._killing:
            if self._killed:
                return
            killed = (n, (n + 1) % _BROKERS)
            for one in killed:
                self.brokers[one].kill()
            # A killed Java holds its ports until its memory is taken down.
            until(
                lambda: all(is_free(port) for one in killed for port in self._ports[one]),
                "their ports are free",
            )
            for door in self._doors:
                door.shut_at(None)
            for one in killed:
                self._doors[one].shut()
            self._killed = killed


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Three brokers for the length of a block."""
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
