"""Asking a broker whether it serves, and who else might answer at its port."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.embedded.kafka.probe import parse_metadata, serving_cluster
from infra.embedded.ports import HOST, free_port


def text(value: str | None) -> bytes:
    if value is None:
        return struct.pack(">h", -1)
    return struct.pack(">h", len(value)) + value.encode()


def metadata(*, brokers: int, cluster: str | None) -> bytes:
    broker = struct.pack(">i", 1) + text("127.0.0.1") + struct.pack(">i", 9092) + text(None)
    return struct.pack(">ii", 1, brokers) + broker * brokers + text(cluster) + struct.pack(">ii", 1, 0)


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def test_the_cluster_of_a_serving_broker_is_told() -> None:
    with answering(framed(metadata(brokers=1, cluster="abc"))) as port:
        assert serving_cluster(port) == "abc"


def test_a_broker_that_has_not_joined_its_cluster_does_not_serve() -> None:
    assert parse_metadata(metadata(brokers=0, cluster="abc")) is None


def test_several_brokers_are_read_past() -> None:
    assert parse_metadata(metadata(brokers=3, cluster="abc")) == "abc"


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", framed(b"\x00"), framed(b"\x00\x00\x00\x01\x00\x00\x00\x09")],
)
def test_another_program_at_the_port_is_no_broker(reply: bytes) -> None:
    with answering(reply) as port:
        assert serving_cluster(port) is None


def test_nobody_at_the_port_is_no_broker() -> None:
    assert serving_cluster(free_port()) is None
