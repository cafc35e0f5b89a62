"""What was typed, judged before a broker or database is asked: a wrong word is named as that."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contracts.errors import InputFileError, UsageError

__all__ = ["as_carried", "need_export", "need_master", "need_memory", "need_model", "need_room", "need_task"]

_MODEL: Final = re.compile(r"([^\s/@]+)/[^\s/@]+@[1-9][0-9]{0,9}")
_MASTER: Final = re.compile(r"local(\[(\*|[0-9]+)(,\s*[0-9]+)?\])?|local-cluster\[.+\]|yarn|(spark|k8s)://.+")
_MEMORY: Final = re.compile(r"[1-9][0-9]*([kmgt]b?)?", re.IGNORECASE)


def need_task(task: str, what: str = "The task") -> None:
    """Go on only with a task that there is.

    Raises
    ------
    UsageError
        Naming all of them.
    """
    from models.tasks import TASKS

    if task not in TASKS:
        message = f"{what} must be one of {', '.join(TASKS)}. Got {task!r}."
        raise UsageError(message)


def need_model(model: str) -> None:
    """Go on only with what may be a model's id, of a task that there is.

    Raises
    ------
    UsageError
        Saying what an id looks like.

    Examples
    --------
    >>> need_model("conversion/boosted-trees@3")
    """
    found = _MODEL.fullmatch(model)
    if found is None:
        message = f"A model of the registry must be named, as task/name@version. Got {model!r}."
        raise UsageError(message, hint="`freshet models list` has their ids.")
    need_task(found[1], f"The task of {model!r}")


def as_carried(time: str) -> str:
    """Event time that people type, as events carry it.

    Raises
    ------
    UsageError
        If it is no time.

    Examples
    --------
    >>> as_carried("2026-01-05 12:00"), as_carried("2026-01-05T12:00:00.250Z")
    ('2026-01-05T12:00:00.000Z', '2026-01-05T12:00:00.250Z')
    """
    from contracts.codec import rfc3339

    try:
        moment = datetime.fromisoformat(time.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not 2000 <= moment.year <= 2099:
            raise ValueError
    except (ValueError, OverflowError) as error:
        message = f"--at must be an event time from 2000 to 2099, such as 2026-01-05 12:00. Got {time!r}."
        raise UsageError(message) from error
    return rfc3339(int(moment.timestamp()) * 1000 + moment.microsecond // 1000)


def need_master(master: str | None) -> None:
    """Go on only with what Spark takes for a master.

    Raises
    ------
    UsageError
        Saying what it may be.
    """
    if master is not None and _MASTER.fullmatch(master) is None:
        message = f"--master must be local[*], local[2], or a cluster's spark://host:7077. Got {master!r}."
        raise UsageError(message)


def need_memory(memory: str) -> None:
    """Go on only with an amount of memory as Java has it.

    Raises
    ------
    UsageError
        Saying what it looks like.
    """
    if _MEMORY.fullmatch(memory) is None:
        message = f"--driver-memory must be a number with m or g, such as 512m or 2g. Got {memory!r}."
        raise UsageError(message)


def need_export(folder: Path) -> None:
    """Go on only with a folder into which a model was exported.

    Raises
    ------
    InputFileError
        Saying what is there instead.
    """
    if not (folder / "model.json").is_file():
        is_there = (
            "a folder without model.json" if folder.is_dir() else "a file" if folder.exists() else "not there"
        )
        message = f"{folder} must be a folder of `freshet models export`. It is {is_there}."
        raise InputFileError(message)


def need_room(folder: Path) -> None:
    """Go on only with a new or empty folder.

    Raises
    ------
    InputFileError
        If something is there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"The folder must be new or empty. Got {folder}."
        raise InputFileError(message)
