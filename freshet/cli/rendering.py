"""Where a command writes: data on standard output, what people are told on standard error."""

from __future__ import annotations

import os
import sys
from typing import IO

from rich.console import Console

from dashboard.terminal.plain_text import styled

__all__ = ["can_redraw", "console", "echo", "shortened", "tell"]

_LONGEST = 60  # of a cell
_PIPE_COLUMNS = 160  # off a terminal nothing says how wide; 80 would cut ids in tables


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command line judge it: rich itself would end the process as failed."""
        raise BrokenPipeError


def can_redraw(stream: IO[str]) -> bool:
    """Whether `stream` is a terminal on which lines can be drawn anew: no pipe, and none that is dumb."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def console(*, stderr: bool = False) -> Console:
    """A console that takes no markup, honours NO_COLOR and is wide off a terminal."""
    stream: IO[str] = sys.stderr if stderr else sys.stdout
    wide = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_COLUMNS
    return _Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False, width=wide)


def echo(line: str) -> None:
    """Write one line, as it is, to standard output and hand it over at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(message: str, style: str = "") -> None:
    """Tell a person something, on standard error."""
    console(stderr=True).print(styled(message, style), soft_wrap=True)


def shortened(value: object) -> str:
    """An answer or a label for a table: numbers with four digits, all else cut at 60 characters.

    Examples
    --------
    >>> shortened(0.25), len(shortened("a" * 100))
    ('0.2500', 60)
    """
    text = f"{value:.4f}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
