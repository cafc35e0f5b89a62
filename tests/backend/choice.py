"""Which backend this run has: what FRESHET_TEST_BACKEND says, else containers where they can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "FRESHET_TEST_BACKEND"
_KNOWN: Final = ("auto", "containers", "embedded")


class Unavailable(Exception):
    """Containers can't be had; says why."""


@dataclass(frozen=True)
class Choice:
    """A backend by name, and why it was chosen."""

    name: str
    why: str

    def __str__(self) -> str:
        """
        For the log of the run.

        Examples
        --------
        >>> print(Choice("containers", "Docker 20.10.24"))
        containers (Docker 20.10.24)
        """
        return f"{self.name} ({self.why})"


def wanted(environ: Mapping[str, str]) -> str:
    """Return what the environment asks for.

    Raises
    ------
    ValueError
        If it is nothing we know.

    Examples
    --------
    >>> wanted({}), wanted({"FRESHET_TEST_BACKEND": "embedded"})
    ('auto', 'embedded')
    """
    found = environ.get(VARIABLE) or "auto"
    if found not in _KNOWN:
        message = f"{VARIABLE} must be auto, containers or embedded. Got {found!r}."
        raise ValueError(message)
    return found


def choose(wish: str, engine: Callable[[], str]) -> Choice:
    """Choose a backend.

    Parameters
    ----------
    wish : str
        As `wanted` returns it.
    engine : callable
        Returns the name of an engine that answers and has the images, else raises `Unavailable`. Not called where
        containers are not wanted.

    Raises
    ------
    Unavailable
        If containers are wanted by name and can't be had.
    """
    if wish == "embedded":
        return Choice("embedded", f"{VARIABLE} says so")
    try:
        return Choice("containers", engine())
    except Unavailable as reason:
        if wish == "containers":
            raise
        return Choice("embedded", f"no containers: {reason}")
