"""How a command ends badly: one clear line on standard error, and an exit code.

A user's mistake never shows a traceback, unless ``--debug`` or FRESHET_DEBUG asks for it; a mistake of ours always
does, for nobody could mend it without.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import Any

from rich.text import Text

from contracts.errors import FreshetError, Unreachable
from dashboard.terminal.plain_text import plain
from freshet.cli.rendering import console

__all__ = [
    "DEBUG",
    "FAILED",
    "INTERRUPTED",
    "USAGE",
    "debug_wanted",
    "is_typed_wrong",
    "known",
    "report",
    "say_usage",
]

DEBUG = "FRESHET_DEBUG"

# Of pydantic, by which some typers judge values.
_TYPERS_WORDS = re.compile(r"Value error, |, unable to parse string as .+")

FAILED = 1
USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def debug_wanted() -> bool:
    """Whether tracebacks are asked for."""
    return os.environ.get(DEBUG, "").lower() in {"1", "true", "yes", "on"}


def report(error: BaseException) -> int:
    """Say on standard error what went wrong, and return the exit code.

    Parameters
    ----------
    error : BaseException
        What a command was left with.

    Returns
    -------
    int
        1 failed, 2 the user asked for something that can't be.
    """
    found = known(error)
    if found is None:
        _trace(error)
        _line(
            "error",
            f"{type(error).__name__}: {error}",
            "This is a mistake in Freshet itself: please report it.",
        )
        return FAILED
    if debug_wanted():
        _trace(error)
    _line("error", found.message, found.hint)
    return found.exit_code


def is_typed_wrong(error: BaseException) -> bool:
    """Whether typer itself refused what was typed: a flag it does not know, a value of another type.

    By shape: typer's own copy of click has no public names for these, and older typers raise click's.
    """
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def say_usage(error: Any) -> int:
    """Say what was typed wrong and where help is; return the exit code."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(error.format_message() + "\n")
        return USAGE
    command = context.command_path if context is not None else "freshet"
    said = _TYPERS_WORDS.sub("", error.format_message()).replace("Input should be", "It must be")
    _line("error", said, f"{command} --help shows what can be given.")
    return int(error.exit_code)


def known(error: BaseException) -> FreshetError | None:
    """`error` as one of ours, also where a client library's own came through; None where it is a mistake of ours."""
    if isinstance(error, FreshetError):
        return error
    if (room := type(error).__module__.split(".")[0]) in {"kafka", "psycopg"}:
        from infra.postgres import is_away

        if room == "psycopg" and not is_away(error):
            message = f"The database refuses what it was given: {type(error).__name__}: {error}"
            return FreshetError(
                message, hint=f"It is running: please report this. {DEBUG}=1 shows where it was."
            )
        what = "broker" if room == "kafka" else "database"
        message = f"The {what} does not answer as it should: {type(error).__name__}: {error}"
        return Unreachable(message, hint="Is it running? `freshet doctor` looks.")
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return FreshetError(f"{where}{error.strerror}.")
    return None


def _trace(error: BaseException) -> None:
    for line in "".join(traceback.format_exception(error)).splitlines():
        sys.stderr.write(plain(line) + "\n")


def _line(label: str, message: str, hint: str | None) -> None:
    text = Text.assemble((f"{label}: ", "bold red"), (_lines(message), "red"))
    screen = console(stderr=True)
    screen.print(text, soft_wrap=True)
    if hint:
        screen.print(Text.assemble(("hint: ", "bold"), _lines(hint)), soft_wrap=True)


def _lines(text: str) -> str:
    """As `plain`, but line breaks stay: last lines of a log are quoted in a message."""
    return "\n".join(plain(line) for line in text.splitlines())
