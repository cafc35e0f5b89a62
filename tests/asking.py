"""Asking a role for its health and metrics, as a probe and as Prometheus do."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

ANSWERS_S = 10.0


def ask(
    url: str, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Code, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWERS_S)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def judged(url: str, path: str) -> tuple[int, str]:
    """Code of a health check, and why."""
    code, _, body = ask(url, path)
    found: dict[str, Any] = json.loads(body)
    assert found["ok"] is (code == 200)
    return code, found.get("why", "")


def metrics(url: str) -> dict[tuple[str, ...], float]:
    """Every sample of a scrape by name and the values of its labels, in the order of the labels' names."""
    code, _, body = ask(url, "/metrics")
    assert code == 200, body
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
