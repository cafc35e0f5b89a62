"""The versions that decide whether an artefact can be opened: scikit-learn promises nothing across its own."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from contracts.errors import ArtefactRefused

__all__ = ["check_libraries", "libraries"]

_NAMES: Final = ("numpy", "scikit-learn", "skops")


def libraries() -> dict[str, str]:
    """Versions of what runs here, Python's without its last number.

    Examples
    --------
    >>> list(libraries())
    ['python', 'numpy', 'scikit-learn', 'skops']
    """
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in _NAMES}}


def check_libraries(made_with: Mapping[str, str], model: str) -> None:
    """Go on only where `model` was made with what runs here.

    Raises
    ------
    ArtefactRefused
        ``other-versions``, naming both.

    Examples
    --------
    >>> check_libraries(libraries(), "conversion/boosted-trees@1")
    """
    here = libraries()
    differ = [
        f"{name} {made_with.get(name, 'of no known version')} (here: {here[name]})"
        for name in here
        if made_with.get(name) != here[name]
    ]
    if differ:
        msg = f"{model} was made with {', '.join(differ)}."
        raise ArtefactRefused("other-versions", msg, hint="Train it anew, or install what it was made with.")
