"""Which backend a run has, by what is wished for and what can be had."""

from __future__ import annotations

import pytest

from tests.backend import Choice, Unavailable, choose, wanted


def docker() -> str:
    return "Docker 20.10.24"


def nothing() -> str:
    raise Unavailable("no engine answers")


def not_to_be_asked() -> str:
    raise AssertionError


def test_containers_are_taken_where_they_can_be_had():
    assert choose("auto", docker) == choose("containers", docker) == Choice("containers", "Docker 20.10.24")


def test_the_embedded_servers_are_taken_where_there_is_no_engine_and_it_is_said_why():
    assert str(choose("auto", nothing)) == "embedded (no containers: no engine answers)"


def test_who_wants_containers_gets_them_or_an_error():
    with pytest.raises(Unavailable, match="no engine answers"):
        choose("containers", nothing)


def test_who_wants_the_embedded_servers_does_not_wait_for_an_engine():
    assert choose("embedded", not_to_be_asked).name == "embedded"


def test_an_empty_wish_is_none():
    assert wanted({"FRESHET_TEST_BACKEND": ""}) == "auto"


def test_an_unknown_wish_is_refused_by_its_name():
    with pytest.raises(ValueError, match="must be auto, containers or embedded. Got 'podman'"):
        wanted({"FRESHET_TEST_BACKEND": "podman"})
