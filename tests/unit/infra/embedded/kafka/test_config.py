"""The settings of the embedded broker."""

from __future__ import annotations

from infra.embedded.kafka.config import properties, quoted_for_java, to_properties_text


def test_everything_the_broker_listens_on_is_the_loopback_address() -> None:
    settings = properties(20_001, 20_002, {})
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:20001"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:20002"


def test_overrides_replace_and_add() -> None:
    settings = properties(1, 2, {"num.partitions": "7", "new.setting": "x"})
    assert (settings["num.partitions"], settings["new.setting"]) == ("7", "x")


def test_a_record_for_dead_letters_fits_through_the_sockets() -> None:
    settings = properties(1, 2, {})
    assert int(settings["socket.request.max.bytes"]) > 4 * 2 * 1024**2
    assert int(settings["replica.fetch.max.bytes"]) > 2 * 1024**2


def test_a_character_outside_the_basic_plane_becomes_two_escapes() -> None:
    assert to_properties_text({"a": "\U0001f600"}) == "a=\\ud83d\\ude00\n"


def test_a_backslash_in_an_option_for_java_is_doubled() -> None:
    assert quoted_for_java("C:\\a b") == '"C:\\\\a b"'
