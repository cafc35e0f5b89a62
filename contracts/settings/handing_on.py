"""Passing settings to a child process. They go through its environment, because every user can read arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping

from contracts.settings.declared import Settings

__all__ = ["environment"]


def environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which `contracts.settings.load` gives the same settings again.

    Parameters
    ----------
    settings : Settings
        The child's settings.
    base : mapping of str to str, optional
        The environment to start from; this process's by default.

    Returns
    -------
    dict of str to str
        `base` with every value that is not a default as ``FRESHET_...``.

    Examples
    --------
    >>> environment(Settings(seed=3), base={"FRESHET_RATE": "1"})
    {'FRESHET_SEED': '3'}
    """
    names = {f"FRESHET_{field.upper()}" for field in Settings.model_fields}
    inherited = {k: v for k, v in (os.environ if base is None else base).items() if k.upper() not in names}
    values = {
        field: getattr(settings, field)
        for field in Settings.model_fields
        if field in settings.model_fields_set
    }
    return inherited | {
        f"FRESHET_{field.upper()}": str(value) for field, value in values.items() if value is not None
    }
