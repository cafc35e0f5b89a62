"""What README and docs tell people to type exists: targets of make, commands of freshet and their flags."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from freshet.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if page.is_file()]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
FENCE = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:freshet|make) [^`\n]+)`")


def commands(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            typed = line.strip().removeprefix("$ ").removeprefix(".venv/bin/")
            if typed.startswith(("freshet ", "make ")):
                yield typed
    yield from INLINE.findall(text)


def words_of(typed: str) -> list[str]:
    """The words up to a pipe, a redirection or a comment."""
    words = shlex.split(typed.split(" | ")[0].split(" > ")[0], comments=True)
    return [word for word in words if word not in ("...", "…")]


ALL = sorted({(page.relative_to(ROOT).as_posix(), typed) for page in PAGES for typed in commands(page)})


@pytest.mark.parametrize(("page", "typed"), [one for one in ALL if one[1].startswith("make ")])
def test_make_has_the_target(page: str, typed: str):
    named = [word for word in words_of(typed)[1:] if "=" not in word and not word.startswith("-")]
    assert set(named) <= TARGETS, f"{page}: {typed}"


@pytest.mark.parametrize(("page", "typed"), [one for one in ALL if one[1].startswith("freshet ")])
def test_freshet_has_the_command_and_its_flags(page: str, typed: str):
    command: Any = typer.main.get_command(app)
    words = words_of(typed)[1:]
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        assert name in command.commands, f"{page}: {typed}"
        command = command.commands[name]
    known = {flag for option in command.params for flag in [*option.opts, *option.secondary_opts]} | {
        "--help"
    }
    flags = {word.split("=")[0] for word in words if re.match("--?[a-z]", word)}
    assert flags <= known, f"{page}: {typed}"


def test_every_command_is_in_the_docs():
    group: Any = typer.main.get_command(app)
    shown = {words_of(typed)[1] for _, typed in ALL if typed.startswith("freshet ")}
    hidden = {name for name, command in group.commands.items() if command.hidden}
    assert set(group.commands) - hidden - shown == set()
