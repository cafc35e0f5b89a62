"""Whose a data folder is: nothing is used that another user could have put there."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from infra.embedded.errors import DataFolderForeign

__all__ = ["close_to_others", "need_own_folder"]

_CHOOSE = "Choose another data folder."


def need_own_folder(folder: Path) -> None:
    """Go on only with a folder of this user's that others can't write; one that is not there or is empty will do.

    A key in it signs pickles, and ``runtime.json`` says where the database is: whoever can write there can run code.

    Raises
    ------
    DataFolderForeign
        Naming the owner, or the mode and what to do.
    """
    if not folder.is_dir():
        return
    status = folder.stat()
    if status.st_uid != os.geteuid():
        message = f"{folder} must belong to {_name(os.geteuid())}, who runs this. It belongs to {_name(status.st_uid)}."
        raise DataFolderForeign(message, hint=_CHOOSE)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and any(folder.iterdir()):
        message = (
            f"{folder} must be writable by its owner only. Its mode is {stat.S_IMODE(status.st_mode):04o}: others may "
            "have put something there."
        )
        hint = f"If all that is in it is yours, run: chmod 700 {folder}. Else choose another data folder."
        raise DataFolderForeign(message, hint=hint)


def close_to_others(folder: Path) -> None:
    """Let nobody else look into a folder of this user's.

    For root, Postgres runs as a user without rights: where its data are in here already, it must still pass through,
    and what else is in here is closed by itself.
    """
    is_passed_through = os.geteuid() == 0 and (folder / "postgres" / "data").exists()
    folder.chmod(0o711 if is_passed_through else 0o700)
    if is_passed_through:
        for name in ("kafka", "logs"):
            if (folder / name).is_dir():
                (folder / name).chmod(0o700)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
