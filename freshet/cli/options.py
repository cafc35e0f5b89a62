"""Flags that several commands share, and how they become the settings.

A flag that was not typed is None: then the environment, ``.env``, the file of a running demo and the default are
asked, in this order (see `contracts.settings`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from consumers.trainer.trials import NO_FEWER
from contracts.errors import UsageError

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = [
    "FLAGS",
    "Fresh",
    "Json",
    "Keep",
    "LeastLabels",
    "ModelId",
    "Untrained",
    "read_again",
    "seconds",
    "settings_from",
]

_PLACE = "Where"
_SHOP = "The shop"
_MACHINES = "For machines"


def _flag(kind: type, panel: str | None, what: str, *names: str, **more: Any) -> Any:
    return Annotated[kind | None, typer.Option(*names, help=what, rich_help_panel=panel, **more)]


FLAGS: Final[dict[str, Any]] = {
    "data_dir": _flag(Path, _PLACE, "Folder of broker, database and secrets."),
    "bootstrap": _flag(str, _PLACE, "Broker, host:port. A running demo's, if not given."),
    "database_url": _flag(str, _PLACE, "Database, without password. A running demo's, if not given."),
    "database_password_file": _flag(Path, _PLACE, "File that holds the database's password."),
    "group": _flag(str, _PLACE, "Consumer group of the learners."),
    "partitions": _flag(
        int,
        None,
        "Partitions: one learner each. A running demo's, else 2.",
        "--partitions",
        "-p",
        min=1,
        max=256,
    ),
    "seed": _flag(int, _SHOP, "Of the shop: same seed, same bytes.", "--seed", "-s", min=0),
    "rate": _flag(
        float,
        _SHOP,
        "User events a second of the clock; 0: as fast as it goes. 500, if not given.",
        "--rate",
        "-r",
        min=0,
    ),
    "speed": _flag(float, _SHOP, "Instead of a rate: event time as a multiple of the clock."),
    "traffic": _flag(float, _SHOP, "Sessions an hour of event time."),
    "drift": _flag(
        str,
        _SHOP,
        "The shop changes after N user events: abrupt@N, gradual@N:M (over M more), recurring@N, price-shock@N, "
        "new-products@N or bot-traffic@N.",
        metavar="NAME@N",
    ),
    "http_port": _flag(
        int,
        _MACHINES,
        "Serve /healthz, /readyz and /metrics there; 0: at any free port, which is told.",
        min=0,
        max=65_535,
    ),
    "http_host": _flag(str, _MACHINES, "At this address; 127.0.0.1, if not given."),
}
"""By the setting that each of them is: None where it was not typed."""

Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="For machines: JSON on standard output, all else on standard error.")
]
ModelId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="A model of the registry, task/name@version.")
]
Fresh: TypeAlias = Annotated[bool, typer.Option("--fresh", help="Wipe the data folder and start over.")]
Keep: TypeAlias = Annotated[
    bool, typer.Option("--keep", help="Leave broker and database up at the end, until `freshet down`.")
]
Untrained: TypeAlias = Annotated[
    bool, typer.Option("--untrained", help="Where the state is lost, start new models (after StateLost).")
]
LeastLabels: TypeAlias = Annotated[
    int,
    typer.Option("--least-labels", min=NO_FEWER, help="In the database, for the first training of a task."),
]


def settings_from(**typed: object) -> Settings:
    """Read the settings, once, with what was typed first.

    Parameters
    ----------
    **typed : object
        Fields of `contracts.settings.Settings`; None for what was not typed.
    """
    from contracts.settings import load

    password_file = typed.get("database_password_file")
    if isinstance(password_file, Path) and (password_file.is_dir() or not password_file.exists()):
        is_there = "a folder" if password_file.is_dir() else "not there"
        message = f"--database-password-file must be a file. {password_file} is {is_there}."
        raise UsageError(message)
    return load(typed)


def read_again(settings: Settings) -> Settings:
    """The settings by the same flags, where what else they come from has changed since."""
    return settings_from(
        **{name: getattr(settings, name) for name, origin in settings.origin.items() if origin == "flag"}
    )


_UNITS_S: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_S: Final = 365 * 24 * 3600.0
_TIME: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smh]?)")


def seconds(flag: str, text: str, *, least_s: float = 0.0) -> float:
    """A time that was typed, such as ``120s``, ``1.5m`` or ``90``, in seconds.

    Raises
    ------
    UsageError
        If it is none, shorter than `least_s`, or longer than a year.

    Examples
    --------
    >>> seconds("--every", "2m"), seconds("--budget", "90")
    (120.0, 90.0)
    """
    found = _TIME.fullmatch(text.strip())
    if found is not None:
        time_s = float(found[1]) * _UNITS_S[found[2]]
        if least_s <= time_s <= _LONGEST_S:
            return time_s
    message = (
        f"{flag} must be a time from {least_s:g}s to {_LONGEST_S / 3600:g}h: "
        f"a number of seconds, or one with s, m or h, such as 60s, 5m or 1h. Got {text!r}."
    )
    raise UsageError(message)
