"""What reaches a terminal."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dashboard.terminal.plain_text import json_line, json_text, plain, plain_bytes, styled
from freshet.cli.rendering import can_redraw


@given(st.text())
def test_no_text_keeps_a_character_that_a_terminal_would_obey(text):
    assert plain(text).isprintable()


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_shown_bytes_are_printable_and_can_be_turned_back(value):
    shown = plain_bytes(value)
    assert shown.isprintable()
    text = re.sub(r"\\(\\|[nrt]|x..|u.{4}|U.{8})", _turned_back, shown)
    assert text.encode("utf-8", "surrogateescape") == value


def _turned_back(escape: re.Match[str]) -> str:
    said = escape[1]
    if said[0] not in "xuU":
        return {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}[said]
    code = int(said[1:], 16)
    return chr(0xDC00 + code) if said[0] == "x" and code >= 0x80 else chr(code)


def test_rich_markup_in_data_stays_text():
    out = io.StringIO()
    Console(file=out, width=80).print(styled("[bold red]user[/] [link=file:///etc]x[/link]"))
    assert out.getvalue().strip() == "[bold red]user[/] [link=file:///etc]x[/link]"


@given(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.none()))
def test_json_is_one_printable_line_with_the_same_value(value):
    value = {k: v for k, v in value.items() if _encodable(k) and _encodable(v)}
    line = json_line(value)
    assert line.isprintable()
    assert json.loads(line) == value


def _encodable(text: object) -> bool:
    return not isinstance(text, str) or not any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def test_json_that_is_spread_over_lines_becomes_one():
    assert json_text('{\n\t"a": 1\r\n}') == '{  "a": 1  }'


def test_what_is_not_finite_becomes_null():
    assert json_line([float("nan"), float("inf")]) == "[null,null]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("term", "is_able"), [("xterm-256color", True), ("dumb", False), ("unknown", False)])
def test_a_dumb_terminal_is_told_lines_and_gets_no_board(monkeypatch, term, is_able):
    monkeypatch.setenv("TERM", term)
    assert can_redraw(Terminal()) is is_able
    assert not can_redraw(io.StringIO())
