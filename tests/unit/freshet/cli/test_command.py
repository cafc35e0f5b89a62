"""A command is declared in its own file: what it takes, where the help shows it, and what it gets."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from contracts.settings import Settings
from freshet.cli import command as declaring
from freshet.cli.command import BROKER, LIVE, LOOK, PARTS, Group, command, declared
from freshet.cli.options import read_again


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(declaring, "_all", [])
    return typer.Typer()


def add_all(app: typer.Typer) -> None:
    for one in declared():
        one.add(app)


def test_a_command_gets_the_settings_of_its_flags_beside_its_own_arguments(app: typer.Typer) -> None:
    got: list[Any] = []

    @command(LOOK, 1, examples="freshet look", takes=BROKER)
    def look(settings: Settings, what: Annotated[str, typer.Argument()], loud: bool = False) -> None:
        got.append((settings.bootstrap, read_again(settings).bootstrap, settings.origin["rate"], what, loud))

    command(PARTS, 1, examples="freshet other", takes=())(lambda settings: None)
    add_all(app)
    result = CliRunner().invoke(app, ["look", "here", "--bootstrap", "there:9092", "--loud"])
    assert result.exit_code == 0, result.output
    assert got == [("there:9092", "there:9092", "default", "here", True)]
    assert CliRunner().invoke(app, ["look", "here", "--rate", "5"]).exit_code == 2  # not among what it takes


def test_the_help_shows_panels_in_their_order_and_commands_by_their_place(app: typer.Typer) -> None:
    group = Group("many", LOOK, 2, what="Of many.")
    for panel, place, name in ((PARTS, 1, "last"), (LOOK, 1, "second"), (LIVE, 9, "first")):
        command(panel, place, examples="freshet x", takes=(), name=name)(lambda settings: None)
    command(group, examples="freshet many one", takes=(), name="one")(lambda settings: None)
    add_all(app)
    assert [one.panel for one in declared()] == [LIVE, LOOK, LOOK, PARTS]
    assert [one.name for one in app.registered_commands] == ["first", "second", "last"]
    assert [one.name for one in app.registered_groups] == ["many"]
    assert CliRunner().invoke(app, ["many", "--help"]).exit_code == 0
