"""The app: all commands by name, and the one place where errors become messages and exit codes.

Heavy rooms (kafka, river, pandas, psycopg) are imported inside the commands that need them: `freshet --help` took
1.9 s with all of them at the top, and 0.25 s without.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from freshet.cli import failures
from freshet.cli.rendering import tell
from freshet.commands import (
    audit,
    backfill,
    config,
    demo,
    dlq,
    doctor,
    down,
    etl,
    learn,
    models,
    promote,
    replay,
    rollback,
    score,
    scoreboard,
    setup,
    shadow,
    simulate,
    topics,
    train,
    trainer,
    watch,
    why,
)

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


def _add(
    group: typer.Typer, name: str, function: Any, example: str, panel: str | None = None, **settings: bool
) -> None:
    lines = [f"[bold]{'Examples' if example.count(chr(10)) else 'Example'}:[/bold]", *example.splitlines()]
    group.command(name, epilog="\n\n".join(lines), rich_help_panel=panel, context_settings=settings)(function)


_LIVE = "See it live"
_LOOK = "Look inside"
_MODELS = "Batch models: move history, train, promote"
_PARTS = "The parts, against any broker"

_add(app, "demo", demo.demo, demo.EXAMPLES, _LIVE)
_add(app, "replay", replay.replay, replay.EXAMPLES, _LIVE)
_add(app, "down", down.down, down.EXAMPLES, _LIVE)
_add(app, "watch", watch.watch, watch.EXAMPLES, _LOOK)
_add(app, "score", score.score, score.EXAMPLES, _LOOK)
_add(app, "audit", audit.audit, audit.EXAMPLES, _LOOK)
_add(app, "topics", topics.topics, topics.EXAMPLES, _LOOK)
_dlq = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be used, and why.")
_add(_dlq, "list", dlq.list_letters, dlq.LIST_EXAMPLES)
_add(_dlq, "show", dlq.show, dlq.SHOW_EXAMPLES)
app.add_typer(_dlq, name="dlq", rich_help_panel=_LOOK)
_add(app, "etl", etl.etl, etl.EXAMPLES, _MODELS)
# Numbers of feature sets may be negative, and must not be taken for options.
_add(app, "backfill", backfill.backfill, backfill.EXAMPLES, _MODELS, ignore_unknown_options=True)
_add(app, "train", train.train, train.EXAMPLES, _MODELS)
_add(app, "trainer", trainer.trainer, trainer.EXAMPLES, _MODELS)
_models = typer.Typer(no_args_is_help=True, help="Trained models: what there is, how good, from where.")
_add(_models, "list", models.list_models, models.LIST_EXAMPLES)
_add(_models, "show", models.show, models.SHOW_EXAMPLES)
_add(_models, "diff", models.diff, models.DIFF_EXAMPLES)
_add(_models, "export", models.export, models.EXPORT_EXAMPLES)
_add(_models, "import", models.import_, models.IMPORT_EXAMPLES)
app.add_typer(_models, name="models", rich_help_panel=_MODELS)
_add(app, "shadow", shadow.shadow, shadow.EXAMPLES, _MODELS)
_add(app, "promote", promote.promote, promote.EXAMPLES, _MODELS)
_add(app, "rollback", rollback.rollback, rollback.EXAMPLES, _MODELS)
_add(app, "why", why.why, why.EXAMPLES, _MODELS)
_add(app, "config", config.config, config.EXAMPLES, _LOOK)
_add(app, "doctor", doctor.doctor, doctor.EXAMPLES, _LOOK)
_add(app, "setup", setup.setup, setup.EXAMPLES, _PARTS)
_add(app, "simulate", simulate.simulate, simulate.EXAMPLES, _PARTS)
_add(app, "learn", learn.learn, learn.EXAMPLES, _PARTS)
_add(app, "scoreboard", scoreboard.scoreboard, scoreboard.EXAMPLES, _PARTS)


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
