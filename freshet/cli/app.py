"""The app: all commands by name, and the one place where errors become messages and exit codes.

Heavy rooms (kafka, river, pandas, psycopg) are imported inside the commands that need them: `freshet --help` took
1.9 s with all of them at the top, and 0.25 s without.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from freshet import commands
from freshet.cli import failures
from freshet.cli.command import declared
from freshet.cli.rendering import tell

__all__ = ["app", "main"]


class _Commands(TyperGroup):
    """Turns whatever a command ends with into a message and an exit code: 0 done, 1 failed, 2 usage."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line, and leave with its exit code."""
        try:
            # Not standalone: typer would print errors and exit by itself.
            code = super().main(
                args, prog_name or "freshet", complete_var, False, windows_expand_args, **extra
            )
        except typer.Abort:
            code = failures.INTERRUPTED
        except Exception as error:
            code = failures.report(error) if not failures.is_typed_wrong(error) else failures.say_usage(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run one command; a reader that has seen enough (``| head``) is no failure."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is still buffered would fail again when the interpreter flushes at its end.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return result


app = typer.Typer(
    name="freshet",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="[bold]First time:[/bold] freshet demo\n\nIn a second terminal: freshet watch, freshet score, freshet audit",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"freshet {version('freshet')}")
        raise typer.Exit


@app.callback()
def freshet(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (also: FRESHET_DEBUG=1).")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Machine learning in action on an event stream: predict first, learn when the label arrives, exactly once."""
    del version
    if debug:
        os.environ[failures.DEBUG] = "1"  # children are to show theirs, too


# Each module of commands declares its own.
for _module in iter_modules(commands.__path__):
    import_module(f"{commands.__name__}.{_module.name}")
for _command in declared():
    _command.add(app)


def main() -> None:
    """Run the command line, and end this process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a pipe that knows no sparklines (LC_ALL=C) gets escapes, not a traceback.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except KeyboardInterrupt:  # before a command was reached
        tell("interrupted")
        sys.exit(failures.INTERRUPTED)
