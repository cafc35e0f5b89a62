"""The server for machines: three paths, honest codes, and no traceback whatever happens behind it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from infra.monitoring import CannotListen, Health, MonitoringServer
from tests.asking import ask, judged, metrics

FINE = Health(True)


def events() -> Iterable[Metric]:
    return [CounterMetricFamily("freshet_test_events", "Events.", 3)]


def broken() -> Iterable[Metric]:
    message = "half-started"
    raise RuntimeError(message)


@dataclass
class Role:
    health: Callable[[], Health] = lambda: FINE
    readiness: Callable[[], Health] = lambda: FINE
    found: Callable[[], Iterable[Metric]] = field(default=events)

    def healthy(self) -> Health:
        return self.health()

    def ready(self) -> Health:
        return self.readiness()

    def collect(self) -> Iterable[Metric]:
        return self.found()


@pytest.fixture
def role() -> Role:
    return Role()


@pytest.fixture
def url(role: Role) -> Iterator[str]:
    with MonitoringServer(role, "127.0.0.1", 0) as server:
        assert server.port > 0
        yield server.url


def test_what_is_well_is_200_and_what_is_not_is_503_with_the_reason(role: Role, url: str):
    assert (judged(url, "/healthz"), judged(url, "/readyz")) == ((200, ""), (200, ""))
    role.readiness = lambda: Health(False, "partition 1: recovering")
    assert (judged(url, "/healthz"), judged(url, "/readyz")) == ((200, ""), (503, "partition 1: recovering"))
    role.health = lambda: Health(False, "stuck")
    assert judged(url, "/healthz?verbose") == (503, "stuck")


def test_another_path_is_404_and_another_method_is_refused(url: str):
    assert ask(url, "/")[0] == 404
    assert ask(url, "/metrics/")[0] == 404
    assert ask(url, "/healthz", "POST")[0] == 501


def test_metrics_of_the_role_and_of_the_process(url: str):
    found = metrics(url)
    assert found["freshet_test_events_total",] == 3
    assert found["process_start_time_seconds",] > 0
    assert ask(url, "/metrics")[1]["Content-Type"].startswith("text/plain; version=0.0.4")


def test_openmetrics_for_those_who_accept_it(url: str):
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    code, headers, body = ask(url, "/metrics", headers=accept)
    assert code == 200
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "freshet_test_events" in {family.name for family in openmetrics(body.decode())}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nowhere"])
def test_head_has_the_headers_of_get_and_no_body(role: Role, url: str, path: str):
    code, headers, body = ask(url, path, "HEAD")
    assert (code, body) == (404 if path == "/nowhere" else 200, b"")
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_check_that_raises_is_503_and_no_traceback(
    role: Role, url: str, path: str, caplog: pytest.LogCaptureFixture
):
    role.health = role.readiness = lambda: Health(True, str(1 // 0))
    assert judged(url, path) == (503, "ZeroDivisionError: integer division or modulo by zero")
    assert "a health check failed" in caplog.text


def test_a_scrape_that_raises_is_503_and_the_server_goes_on(
    role: Role, url: str, caplog: pytest.LogCaptureFixture
):
    role.found = broken
    code, _, body = ask(url, "/metrics")
    assert (code, json.loads(body)["why"]) == (503, "RuntimeError: half-started")
    role.found = events
    assert metrics(url)["freshet_test_events_total",] == 3
    assert "/metrics could not be answered" in caplog.text


def test_a_port_in_use_is_said_with_the_way_out(role: Role):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"127.0.0.1:{port}.*in use.*--http-port") as refused:
            MonitoringServer(role, "127.0.0.1", port)
    assert refused.value.port == port


def test_a_closed_server_lets_go_of_its_port(role: Role):
    with MonitoringServer(role, "127.0.0.1", 0) as first:
        pass
    with MonitoringServer(role, "127.0.0.1", first.port) as second:
        assert judged(second.url, "/healthz") == (200, "")


def test_requests_are_not_logged(url: str, capfd: pytest.CaptureFixture[str]):
    ask(url, "/healthz")
    ask(url, "/nowhere")
    assert capfd.readouterr() == ("", "")
