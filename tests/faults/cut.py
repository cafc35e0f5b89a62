"""A broker or database behind a door that can be shut, by hand or at a chosen request: every connection is reset then,
and new ones are refused.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = [
    "END_TXN",
    "FETCH",
    "INIT_PRODUCER_ID",
    "LIST_OFFSETS",
    "METADATA",
    "PRODUCE",
    "Door",
    "door",
    "requests_of",
]

PRODUCE, FETCH, LIST_OFFSETS, METADATA, INIT_PRODUCER_ID, END_TXN = 0, 1, 2, 3, 22, 26
"""Numbers of requests in Kafka's protocol."""

_HEADER = struct.Struct(">ih")


def requests_of(received: bytearray) -> Iterator[int]:
    """Take whole requests of Kafka's protocol off the front; their numbers."""
    while len(received) >= _HEADER.size:
        size, number = _HEADER.unpack_from(received)
        if len(received) < 4 + size:
            return
        del received[: 4 + size]
        yield number


class Door:
    """Listens on a port of its own and passes on to `target`, as long as it is open; made by `door`.

    Parameters
    ----------
    target : callable
        The port on the loopback address that is behind it.
    at_request : callable, optional
        Called in place of `shut` at the chosen request, which is then not passed on.
    """

    def __init__(self, target: Callable[[], int], at_request: Callable[[], None] | None = None) -> None:
        self._target = target
        self._at_request = at_request or self.shut
        self._listening: socket.socket | None = None
        self._held: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._shuts_at: int | bytes | None = None
        self.port = 0
        self.open()

    def open(self, until: int | bytes | None = None) -> None:
        """Let connections through; see `shut_at` for `until`."""
        self._shuts_at = until
        listening = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    @property
    def is_shut(self) -> bool:
        """Whether it is."""
        return self._listening is None

    def shut(self) -> None:
        """Reset every connection, and refuse new ones."""
        with self._lock:
            listening, self._listening, self._shuts_at = self._listening, None, None
            held, self._held = self._held, set()
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for one in held:
            _reset(one)

    def shut_at(self, what: int | bytes | None) -> None:
        """Shut when a client asks for this: a number of Kafka's protocol, words that come in one piece, or nothing."""
        self._shuts_at = what

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self._target()))
            except OSError:
                return
            with self._lock:
                is_shut = self._listening is not listening
                self._held |= set() if is_shut else {client, server}
            if is_shut:
                _reset(client)
                _reset(server)
                return
            for one, other, is_client in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(one, other, is_client), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, is_client: bool) -> None:
        received = bytearray()
        with suppress(OSError):
            while piece := one.recv(65_536):
                if is_client:
                    at = self._shuts_at
                    received += piece
                    asked = at in piece if isinstance(at, bytes) else at in list(requests_of(received))
                    if at is not None and asked:
                        self._at_request()
                        return
                other.sendall(piece)
        with self._lock:
            self._held -= {one, other}
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def door(target: Callable[[], int]) -> Iterator[Door]:
    """An open door for the length of a block."""
    made = Door(target)
    try:
        yield made
    finally:
        made.shut()
