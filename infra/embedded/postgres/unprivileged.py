"""For root: the unprivileged user that Postgres runs as, and a folder that this user can reach.

Postgres refuses to run as root. For root it is run as ``postgres`` or ``nobody``, whichever this machine has first;
no user is made, and no permission outside `SYSTEM_FOLDER` and the data folder is changed.
"""

from __future__ import annotations

import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import DataFolderForeign, DataFolderUnusable, NoUnprivilegedUser

__all__ = ["SYSTEM_FOLDER", "Account", "allows", "choose_account", "make_system_folder", "reachable"]

SYSTEM_FOLDER = Path("/private/var/db/freshet" if sys.platform == "darwin" else "/var/lib/freshet")
"""For root only: belongs to root, readable by all; each database in it is closed to all but its user.

In /var/lib and not in /var/tmp: there anybody could put a folder of that name before us, and a cleaner may empty it.
"""

_USERS = ("postgres", "_postgres", "nobody")


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
    return all(allows(folder.stat(), account, stat.S_IXOTH) for folder in (path, *path.parents))


def allows(status: os.stat_result, account: Account, bits_of_others: int) -> bool:
    """Tell whether permission bits, given as those of others (``S_IROTH``, ``S_IXOTH``), hold for `account`."""
    if status.st_uid == account.uid:
        wanted = bits_of_others << 6
    elif status.st_gid == account.gid:
        wanted = bits_of_others << 3
    else:
        wanted = bits_of_others
    return status.st_mode & wanted == wanted


def make_system_folder(system: Path) -> None:
    """Make the folder that an unprivileged user can reach, or accept the one that we made.

    Raises
    ------
    DataFolderForeign
        If somebody else made it.
    DataFolderUnusable
        If it can't be made.
    """
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
