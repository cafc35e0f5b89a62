"""Choosing ports that are free, and the same ones again."""

from __future__ import annotations

import socket
from pathlib import Path

from infra.embedded.ports import HOST, free_port, is_free, load_ports, save_ports


def listening() -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, 0))
    server.listen()
    return server


def test_the_preferred_port_is_taken_while_it_is_free() -> None:
    port = free_port()
    assert free_port(port) == port


def test_a_port_in_use_is_not_chosen() -> None:
    with listening() as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) != port


def test_a_port_to_avoid_is_not_chosen_though_preferred() -> None:
    port = free_port()
    assert free_port(port, avoid={port}) != port


def test_a_port_is_free_again_as_soon_as_its_server_has_closed() -> None:
    with listening() as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the server's end closes first and stays behind in TIME_WAIT
            assert client.recv(1) == b""
    assert is_free(port)


def test_chosen_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(20_000 <= free_port() <= 32_000 for _ in range(20))


def test_numbers_that_are_no_ports_are_not_free() -> None:
    assert not is_free(70_000)


def test_ports_are_kept_and_a_damaged_file_means_none(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    assert load_ports(file) == {}
    save_ports(file, {"broker": 20_001})
    assert load_ports(file) == {"broker": 20_001}
    assert list(tmp_path.iterdir()) == [file]
    for damaged in ("", "[1]", '{"broker": "x"}', '{"broker": nul', '{"broker": null}'):
        file.write_text(damaged)
        assert load_ports(file) == {}
