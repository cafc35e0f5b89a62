"""Apache's own image for testcontainers, whose `KafkaContainer` knows Confluent's only."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any, Final, Self

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import CompositeWaitStrategy, LogMessageWaitStrategy
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from infra.embedded.kafka.probe import serving_cluster
from infra.embedded.ports import HOST
from tests.backend.images import KAFKA
from tests.backend.loopback import publish_on_loopback

_STARTED: Final = r"\[KafkaRaftServer nodeId=\d+\] Kafka Server started"
_START_DEADLINE_S: Final = 180
_POLL_S: Final = 0.1

_SINGLE_NODE: Final = {
    # It holds the only copy of everything.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
}


class KafkaContainer(DockerContainer):
    """One node of Apache Kafka in KRaft mode, broker and controller at once.

    It has a listener for the host, published on 127.0.0.1 only, one for other containers of its network, and the
    controller's, which only it can reach. Its data outlive a stop and a start of the container, not its removal.

    Parameters
    ----------
    image : str
        ``apache/kafka`` at some tag.
    host_port : int
        Where the host finds it. It must be known before the start, since the broker tells it to its clients.
    port, internal_port : int
        The same listener inside the container, and that for other containers.
    **kwargs
        As for `DockerContainer`.

    Examples
    --------
    For the fixture of a test::

        with KafkaContainer(host_port=29092).with_kraft() as kafka:
            yield kafka.get_bootstrap_server()
    """

    CONTROLLER_PORT = 9094
    DATA = "/var/lib/kafka/data"

    def __init__(
        self,
        image: str = KAFKA,
        *,
        host_port: int,
        port: int = 9092,
        internal_port: int = 9093,
        **kwargs: Any,
    ) -> None:
        super().__init__(image, **kwargs)
        self.host_port = host_port
        self.port = port
        self.internal_port = internal_port
        self.node_id = 1
        self.cluster_id = _new_cluster_id()
        self._settings: dict[str, str] = {}
        publish_on_loopback(self, port, host_port)
        started = LogMessageWaitStrategy(_STARTED).with_poll_interval(_POLL_S)
        self.waiting_for(
            CompositeWaitStrategy(
                started.with_startup_timeout(_START_DEADLINE_S), BrokerServes().with_poll_interval(_POLL_S)
            )
        )

    def with_kraft(self, *, node_id: int = 1, cluster_id: str | None = None) -> Self:
        """Choose the node's and the cluster's id; Kafka 4 knows no other mode, so it is KRaft unasked, too."""
        self.node_id = node_id
        self.cluster_id = cluster_id or self.cluster_id
        return self

    def with_settings(self, settings: Mapping[str, str]) -> Self:
        """Add broker settings by their own names, such as ``auto.create.topics.enable``.

        Raises
        ------
        ValueError
            If one of them is an address or an id, which the container sets itself.
        """
        if own := settings.keys() & self.own_settings().keys():
            message = f"The container sets these itself: {', '.join(sorted(own))}."
            raise ValueError(message)
        self._settings.update(settings)
        return self

    def with_heap(self, size: str) -> Self:
        """Limit Java's heap: ``512m``."""
        return self.with_env("KAFKA_HEAP_OPTS", f"-Xmx{size}")

    def get_bootstrap_server(self) -> str:
        """Address for clients on the host."""
        return f"{HOST}:{self.host_port}"

    def get_internal_bootstrap_server(self) -> str:
        """Address for clients in other containers of its network."""
        return f"{self._internal_name()}:{self.internal_port}"

    def own_settings(self) -> dict[str, str]:
        """Ids, roles, addresses and the data folder, which hang together."""
        controller = f"localhost:{self.CONTROLLER_PORT}"
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node_id),
            "controller.quorum.voters": f"{self.node_id}@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"HOST://:{self.port},INTERNAL://:{self.internal_port},CONTROLLER://{controller}",
            "advertised.listeners": (
                f"HOST://{self.get_bootstrap_server()},INTERNAL://{self.get_internal_bootstrap_server()}"
            ),
            "listener.security.protocol.map": "HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INTERNAL",
            "log.dirs": self.DATA,
        }

    def wait_until_serving(self) -> None:
        """Wait for the broker of a container that was started again: its old log lines say nothing of that."""
        BrokerServes().with_poll_interval(_POLL_S).wait_until_ready(self)

    def _configure(self) -> None:
        # One KAFKA_ setting replaces all that the image has by default: nothing is left to those.
        self.with_env("CLUSTER_ID", self.cluster_id)
        for name, value in (_SINGLE_NODE | self._settings | self.own_settings()).items():
            self.with_env(variable_of(name), value)

    def _internal_name(self) -> str:
        """What the node is called in its network; on Docker's default one, only it can reach itself."""
        return self._network_aliases[0] if self._network_aliases else "localhost"


class BrokerServes(WaitStrategy):
    """Waits until the broker itself answers on the host: what accepts connections before is the engine's proxy."""

    def __init__(self) -> None:
        super().__init__()
        self.with_startup_timeout(_START_DEADLINE_S)

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Ask for the cluster's id, which also tells our broker from another program on that port."""
        if not isinstance(container, KafkaContainer):
            message = f"must be a KafkaContainer. Got {type(container).__name__}."
            raise TypeError(message)

        def serves() -> bool:
            container.reload()
            if container.status in ("exited", "dead"):
                log = b"".join(container.get_logs()).decode(errors="replace")
                message = f"The broker's container has ended: its log ends in\n{log[-2000:]}"
                raise RuntimeError(message)
            return serving_cluster(container.host_port) == container.cluster_id

        if not self._poll(serves):
            message = f"No broker at {container.get_bootstrap_server()} within {self._startup_timeout:.0f} s."
            raise TimeoutError(message)


def variable_of(setting: str) -> str:
    """Return the environment variable that the image turns into a setting.

    Examples
    --------
    >>> variable_of("log.dirs"), variable_of("a.b_c-d")
    ('KAFKA_LOG_DIRS', 'KAFKA_A_B__C___D')
    """
    name = setting.upper().replace("_", "__").replace("-", "___").replace(".", "_")
    return f"KAFKA_{name}"


def _new_cluster_id() -> str:
    # Kafka's own are of this form; one that begins with a dash would pass for an option.
    while (found := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))[0] == "-":
        pass
    return found
