"""Asks a broker whether it serves, in 30 bytes and without a client library."""

from __future__ import annotations

import socket
import struct

from infra.embedded.ports import HOST

__all__ = ["serving_cluster"]

_METADATA, _VERSION = 3, 2
_TIMEOUT_S = 2.0


def serving_cluster(port: int) -> str | None:
    """Return the id of the cluster whose broker serves at `port`.

    A socket that accepts is not enough: a broker does so seconds before it has joined its own cluster. Metadata
    lists it when it has.

    Parameters
    ----------
    port : int
        On the loopback address.

    Returns
    -------
    str or None
        None while nobody answers, or nothing that serves.
    """
    # Header: api key, version, correlation id, no client id. Body: an empty list of topics.
    request = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)
    try:
        with socket.create_connection((HOST, port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _read(connection, 4))
            return parse_metadata(_read(connection, size)) if 0 < size < 1_000_000 else None
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def _read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        chunk = connection.recv(size - len(found))
        if not chunk:
            message = "the connection ended"
            raise ConnectionError(message)
        found += chunk
    return found


def parse_metadata(body: bytes) -> str | None:
    """Read the cluster's id from a Metadata response of version 2; None if it lists no broker."""
    (brokers,) = struct.unpack_from(">i", body, 4)
    at = 8

    def text() -> str | None:
        nonlocal at
        (length,) = struct.unpack_from(">h", body, at)
        at += 2 + max(0, length)
        return body[at - length : at].decode() if length >= 0 else None

    for _ in range(brokers):
        at += 4  # node id
        text()  # host
        at += 4  # port
        text()  # rack
    cluster = text()
    return cluster if brokers > 0 else None
