"""The embedded broker's settings: one node, loopback only, transactions, room on a small disk."""

from __future__ import annotations

from collections.abc import Mapping

from infra.embedded.ports import HOST

__all__ = [
    "LOG_FOLDER",
    "controller_properties",
    "java_options",
    "properties",
    "quoted_for_java",
    "to_properties_text",
]

LOG_FOLDER = "log"
"""Relative to the broker's working folder: Kafka splits log.dirs at commas, and a folder's name may hold one."""

_MIB = 1024 * 1024


def properties(
    port: int, controller_port: int, overrides: Mapping[str, str], log_folder: str = LOG_FOLDER
) -> dict[str, str]:
    """Return the broker's settings.

    Parameters
    ----------
    port, controller_port : int
        Where clients and the node itself connect.
    overrides : mapping
        Replace or add settings.
    log_folder : str
        Where the data goes.

    Returns
    -------
    dict
        Name to value.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        # A fixed list of voters, for it is not stored: the port may be another one at the next start.
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": log_folder,
        # A broker that only stalls must not be fenced: its partitions would be without leader for an instant, in which
        # a committed transaction can be left open for ever (see EmbeddedKafka). Nobody else would take over anyway.
        "broker.session.timeout.ms": "60000",
        "broker.heartbeat.interval.ms": "300",  # also how often it tries to register: at 2000, a start took 1 s more
        "auto.create.topics.enable": "false",
        "num.partitions": "1",
        # One node holds the only copy of everything.
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # 50 each by default, all of them made at the first commit.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # 7 days and 1 GiB a partition. Only whole segments are deleted, hence smaller ones than the usual 1 GiB.
        "log.retention.hours": "168",
        "log.retention.bytes": str(1024 * _MIB),
        "log.segment.bytes": str(128 * _MIB),
        "log.index.size.max.bytes": str(_MIB),
        # 1 MiB and a batch's own overhead, Kafka's default; dead-letters takes 2 MiB by a setting of its own.
        "message.max.bytes": str(_MIB + 12),
        "replica.fetch.max.bytes": str(4 * _MIB),
        "socket.request.max.bytes": str(16 * _MIB),
        # A quarter of the heap by default, taken at start.
        "log.cleaner.dedupe.buffer.size": str(16 * _MIB),
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "4",
    }
    return {**settings, **overrides}


def controller_properties(port: int) -> dict[str, str]:
    """Return the settings of the same node as a controller alone, which soon takes note of a broker that is gone."""
    return {
        "process.roles": "controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CONTROLLER://{HOST}:{port}",
        "log.dirs": LOG_FOLDER,
        "broker.session.timeout.ms": "500",
        "broker.heartbeat.interval.ms": "100",
    }


def to_properties_text(settings: Mapping[str, str]) -> str:
    r"""Write a Java properties file, which is Latin-1 with escapes.

    Examples
    --------
    >>> to_properties_text({"a": "b c", "path": "x\\y\u00e9"})
    'a=b c\npath=x\\\\y\\u00e9\n'
    """

    def escape(text: str) -> str:
        units = text.replace("\\", "\\\\").replace("\n", "\\n").encode("utf-16-be")
        codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
        return "".join(chr(code) if code < 0x7F else f"\\u{code:04x}" for code in codes)

    return "".join(f"{name}={escape(value)}\n" for name, value in settings.items())


def quoted_for_java(option: str) -> str:
    r"""Quote an option for a file that Java reads its options from.

    Examples
    --------
    >>> print(quoted_for_java('/a b/c.jar:/d"e'))
    "/a b/c.jar:/d\"e"
    """
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def java_options() -> list[str]:
    """Return the options of the Java that runs the broker; it must start in the broker's folder."""
    return [
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        # By a name in the working folder: log4j takes what it is given for a URL, and trips over spaces.
        "-Dlog4j2.configurationFile=log4j2.xml",
    ]
