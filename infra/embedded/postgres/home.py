"""Where Postgres's data go: into the data folder, or for root where its user can reach them.

Root's home is closed to others, and so are most temporary folders. The data then go to a folder of their own under
`SYSTEM_FOLDER`, and the data folder names it.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from pathlib import Path

from infra.embedded.errors import DataFolderForeign, DataFolderUnusable
from infra.embedded.postgres.unprivileged import SYSTEM_FOLDER, Account, make_system_folder, reachable

__all__ = ["data_home", "remove_data_home"]

_POINTER = "elsewhere"
_OWNER = "data-folder"


def data_home(folder: Path, account: Account | None, system: Path = SYSTEM_FOLDER) -> Path:
    """Return the folder that Postgres's data goes into, made if need be.

    Parameters
    ----------
    folder : Path
        Of the database, in the data folder; exists.
    account : Account, optional
        Who must be able to reach it.
    system : Path
        Where it goes when `account` can't reach `folder`.

    Returns
    -------
    Path
        `folder` itself, or a folder under `system` that `folder` names.

    Raises
    ------
    DataFolderForeign
        If the folder under `system` belongs to another data folder, of which this one is a copy.
    DataFolderUnusable
        If it was in reach and is not any more, or `system` can't be made.
    """
    if account is None:
        return folder
    pointer = folder / _POINTER
    if pointer.exists():
        home = Path(pointer.read_text().strip())
        if home.parent != system or not home.is_dir():
            message = f"The database of {folder.parent} must be in {home}, and is not there."
            raise DataFolderUnusable(message, hint="Start over with --fresh.")
        owner = Path((home / _OWNER).read_text().strip())
        if owner != folder:
            # Moved: take it along. Copied: two data folders must not share one database.
            if (owner / _POINTER).exists():
                message = f"{folder.parent} is a copy of {owner.parent}, whose database is in {home}."
                raise DataFolderForeign(message, hint="Use that folder, or start over with --fresh.")
            (home / _OWNER).write_text(f"{folder}\n")
        return home
    if reachable(folder, account):
        return folder
    if (folder / "data").exists():
        message = f"The user {account.name}, whom Postgres runs as for root, can't reach {folder} any more."
        raise DataFolderUnusable(message, hint="Open its parent folders again, or start over with --fresh.")
    make_system_folder(system)
    _forget_vanished(system)
    home = system / f"data-{secrets.token_hex(6)}"
    home.mkdir()
    home.chmod(0o755)  # whatever our umask is: the data in it is closed by itself
    (home / _OWNER).write_text(f"{folder}\n")
    pointer.write_text(f"{home}\n")
    return home


def remove_data_home(folder: Path, system: Path = SYSTEM_FOLDER) -> None:
    """Remove what `data_home` put under `system` for `folder`; nothing happens if it did not."""
    pointer = folder / _POINTER
    if not pointer.exists():
        return
    home = Path(pointer.read_text().strip())
    owner = home / _OWNER
    # Never more than what we made and what names this folder as its own.
    if home.parent == system and owner.is_file() and owner.read_text().strip() == str(folder):
        shutil.rmtree(home)
    pointer.unlink()


def _forget_vanished(system: Path) -> None:
    """Remove databases whose data folder was a temporary one and is gone, as those of tests are."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for owner in system.glob(f"data-*/{_OWNER}"):
        with contextlib.suppress(FileNotFoundError):  # another start may be removing it, too
            folder = Path(owner.read_text().strip())
            if temporary in folder.parents and not folder.exists():
                shutil.rmtree(owner.parent, ignore_errors=True)
