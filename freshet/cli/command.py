"""How a command is declared, in its own file: its place in the help, examples, and the settings that are its flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, get_type_hints

import typer

from freshet.cli.options import FLAGS, settings_from

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = [
    "BROKER",
    "DATABASE",
    "HTTP",
    "LIVE",
    "LOCAL",
    "LOOK",
    "MODELS",
    "PARTS",
    "Declared",
    "Group",
    "command",
    "declared",
]

# In the order in which the help shows them.
_PANELS: Final = (
    LIVE := "See it live",
    LOOK := "Look inside",
    MODELS := "Batch models: move history, train, promote",
    PARTS := "The parts, against any broker",
)

# Settings that a command takes as flags.
LOCAL: Final = ("data_dir",)
BROKER: Final = (*LOCAL, "bootstrap")
DATABASE: Final = (*BROKER, "database_url", "database_password_file")
HTTP: Final = ("http_port", "http_host")

_Function = TypeVar("_Function", bound=Callable[..., None])


class Declared(NamedTuple):
    """A command or a group of commands: where the help shows it, and what puts it into an app."""

    panel: str
    place: int
    add: Callable[[typer.Typer], None]


_all: list[Declared] = []


def declared() -> list[Declared]:
    """All that was declared so far, in the order of the help."""
    return sorted(_all, key=lambda one: (_PANELS.index(one.panel), one.place))


class Group:
    """Commands below one word, such as ``freshet models list``.

    Parameters
    ----------
    name : str
        The word.
    panel, place : str, int
        As of `command`.
    what : str
        What its commands are about.
    """

    def __init__(self, name: str, panel: str, place: int, *, what: str) -> None:
        self.app = typer.Typer(no_args_is_help=True, help=what)
        _all.append(
            Declared(panel, place, lambda to: to.add_typer(self.app, name=name, rich_help_panel=panel))
        )


def command(
    where: str | Group,
    place: int = 0,
    *,
    examples: str,
    takes: Sequence[str],
    name: str | None = None,
    **context: bool,
) -> Callable[[_Function], _Function]:
    """Declare a command: a function of `Settings`, its first argument, and of its own arguments and flags.

    Parameters
    ----------
    where : str or Group
        The panel of the help, or the group that it belongs to.
    place : int
        Among those of its panel.
    examples : str
        One a line.
    takes : sequence of str
        Settings that may be given as flags.
    name : str, optional
        The function's, if not given.
    **context : bool
        Further settings of Click.
    """

    def declare(function: _Function) -> _Function:
        heading = "Examples" if "\n" in examples else "Example"
        epilog = "\n\n".join([f"[bold]{heading}:[/bold]", *inspect.cleandoc(examples).splitlines()])
        panel = where if isinstance(where, str) else None

        def add(to: typer.Typer) -> None:
            made = to.command(name, epilog=epilog, rich_help_panel=panel, context_settings=context)
            made(_with_flags(function, takes))

        if isinstance(where, Group):
            add(where.app)
        else:
            _all.append(Declared(where, place, add))
        return function

    return declare


def _with_flags(function: Callable[..., None], takes: Sequence[str]) -> Callable[..., None]:
    """`function` as Typer is to see it: without settings, but with the flags that they are made of."""
    types = get_type_hints(function, localns={"Settings": Any}, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    parameters = [one.replace(annotation=types[one.name], kind=one.KEYWORD_ONLY) for one in own]
    parameters += [
        inspect.Parameter(flag, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=FLAGS[flag])
        for flag in takes
    ]

    def run(**given: Any) -> None:
        settings: Settings = settings_from(**{flag: given.pop(flag) for flag in takes})
        function(settings, **given)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
