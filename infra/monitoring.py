"""HTTP for machines: whether a role is healthy, whether it is ready, and its metrics.

Meant for loopback and for the network of a compose file: no passwords, no TLS.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple, Protocol, Self

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from contracts.errors import EnvironmentProblem

__all__ = ["CannotListen", "Health", "MonitoringServer", "Role"]

_log = logging.getLogger(__name__)
_IDLE_CLIENT_S: Final = 30.0


class CannotListen(EnvironmentProblem):
    """The address for monitoring can't be listened at, mostly because the port is in use; `port` names it."""

    def __init__(self, message: str, *, port: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.port = port


class Health(NamedTuple):
    """Whether all is as it must be, and in words why it is not."""

    ok: bool
    why: str = ""


class Role(Protocol):
    """What is asked about a long-running process.

    All methods are called on threads of the server, several at once, and from the first moment on, half-started
    or not. What they raise is answered with 503 and logged.
    """

    def healthy(self) -> Health:
        """Whether it does its work; if it does not for long, whoever runs it should start it again."""
        ...

    def ready(self) -> Health:
        """Whether it can do all of its work now: what it depends on is there, too."""
        ...

    def collect(self) -> Iterable[Metric]:
        """Its metrics at this moment."""
        ...


class _Collected(Collector):
    def __init__(self, role: Role) -> None:
        self._role = role

    def collect(self) -> Iterable[Metric]:
        return self._role.collect()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], role: Role) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.role = role
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Collected(role))
        ProcessCollector(registry=self.registry)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service for the name of the host, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away in the middle is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_CLIENT_S
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        code, content_type, body = self._answer(self.path.partition("?")[0])
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        role = self.server.role
        if path == "/healthz":
            return _judged(role.healthy)
        if path == "/readyz":
            return _judged(role.ready)
        if path != "/metrics":
            return _json(404, {"ok": False, "why": "There are /healthz, /readyz and /metrics."})
        try:
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            return 200, content_type, encode(self.server.registry)
        except Exception as error:  # whatever it is, a scrape is no place for a traceback
            _log.warning("/metrics could not be answered", exc_info=True)
            return _json(503, {"ok": False, "why": f"{type(error).__name__}: {error}"})

    def version_string(self) -> str:
        """Name no versions."""
        return "freshet"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        """Log no requests: they come every few seconds."""


def _judged(judge: Callable[[], Health]) -> tuple[int, str, bytes]:
    try:
        health = judge()
    except Exception as error:  # who can't say how it is, is not well
        _log.warning("a health check failed by itself", exc_info=True)
        health = Health(False, f"{type(error).__name__}: {error}")
    found: dict[str, object] = {"ok": health.ok}
    return _json(200 if health.ok else 503, found | ({"why": health.why} if health.why else {}))


def _json(code: int, found: dict[str, object]) -> tuple[int, str, bytes]:
    return code, "application/json", json.dumps(found).encode() + b"\n"


class MonitoringServer:
    """Answers ``GET`` and ``HEAD`` of ``/healthz``, ``/readyz`` and ``/metrics`` on a thread of its own.

    Parameters
    ----------
    role : Role
        What is asked.
    host : str
        Address to listen at.
    port : int
        0 for any that is free; see `url`.

    Raises
    ------
    CannotListen
        If the port is in use, or the address is not this machine's.
    """

    def __init__(self, role: Role, host: str, port: int) -> None:
        try:
            self._server = _Server((host, port), role)
        except OSError as error:
            message = f"Health and metrics must be served at {host}:{port}, which can't be: {error.strerror or error}."
            hint = "Choose another with --http-port (0: any that is free) and --http-host."
            raise CannotListen(message, port=port, hint=hint) from error
        self.port = int(self._server.server_port)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="monitoring", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
