"""How errors are said."""

from __future__ import annotations

import pytest

from contracts.errors import FreshetError, SettingsError
from freshet.cli.failures import FAILED, USAGE, report


def test_a_mistake_of_the_user_is_message_and_hint_without_a_traceback(capsys):
    assert report(SettingsError("It must be 1. Got 2.", hint="Type 1.")) == USAGE
    assert capsys.readouterr().err == "error: It must be 1. Got 2.\nhint: Type 1.\n"


def test_debug_shows_where_it_came_from(capsys, monkeypatch):
    monkeypatch.setenv("FRESHET_DEBUG", "1")
    with pytest.raises(FreshetError) as raised:
        raise FreshetError("no")
    report(raised.value)
    assert "Traceback" in capsys.readouterr().err


def test_a_mistake_of_ours_always_shows_where(capsys):
    with pytest.raises(ZeroDivisionError) as raised:
        1 / 0  # noqa: B018
    assert report(raised.value) == FAILED
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "mistake in Freshet" in err


def test_data_in_a_message_neither_steers_the_terminal_nor_is_markup(capsys):
    report(FreshetError("bad \x1b]0;owned\x07 [red]id[/red]\nlog line \x9b2J", hint="\x1b[2J"))
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "\x9b" not in err
    assert "[red]id[/red]\n" in err


def test_a_file_that_can_not_be_written_is_no_mistake_of_ours(capsys):
    assert report(PermissionError(13, "Permission denied", "/some/file")) == FAILED
    assert capsys.readouterr().err == "error: /some/file: Permission denied.\n"


def test_an_error_of_the_kafka_client_is_said_as_the_brokers(capsys):
    from kafka.errors import KafkaTimeoutError

    assert report(KafkaTimeoutError("60 s")) == FAILED
    err = capsys.readouterr().err
    assert "broker" in err
    assert "Traceback" not in err


def test_what_the_database_refuses_is_not_said_as_if_it_were_away(capsys):
    from psycopg import OperationalError
    from psycopg.errors import ProgramLimitExceeded

    said = "index row requires 10032 bytes, maximum size is 8191"
    assert report(ProgramLimitExceeded(said)) == FAILED
    err = capsys.readouterr().err
    assert said in err and "It is running" in err
    assert "doctor" not in err
    report(OperationalError("connection refused"))
    assert "Is it running?" in capsys.readouterr().err
