"""The data folder: whose it is, who runs on it, and how it is emptied."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from infra.embedded.errors import DataFolderForeign, DataFolderInUse, DataFolderUnusable, DiskFull
from infra.embedded.ownership import close_to_others, need_own_folder
from infra.embedded.postgres.home import remove_data_home
from infra.embedded.postgres.unprivileged import SYSTEM_FOLDER
from infra.embedded.server import hold_folder

__all__ = [
    "MARKER",
    "NEEDED_BYTES",
    "claim",
    "foreign_files",
    "lock_folder",
    "lock_holder",
    "need_disk",
    "wipe",
]

MARKER = ".freshet-data-folder"
"""A file that says that a folder was made by Freshet, and may be emptied by it."""

NEEDED_BYTES = 1024**3
"""Free space that a start asks for: a broker whose disk is full stops at once and can lose the last records."""

_LOCK = "lock"
_SERVERS = ("kafka", "postgres")
_KEPT = ("secret.key",)  # signs what may have been carried elsewhere, and can't be had again
_HARMLESS = {_LOCK, "runtime.json", *_SERVERS, *_KEPT, ".DS_Store", ".gitignore", "lost+found"}
_PROBE_S = 1.0
_ENDING_S = 20.0


def claim(data_dir: Path) -> None:
    """Make the folder, or accept it if it is empty or Freshet's own; nobody but this user can look into it then.

    Raises
    ------
    DataFolderForeign
        If it is another user's, others can write to it, or it holds somebody else's files: they would be lost when it
        is wiped.
    DataFolderUnusable
        If it can't be made or written.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        need_own_folder(data_dir)
        close_to_others(data_dir)
        if strange := foreign_files(data_dir):
            message = f"{data_dir} must be empty or made by Freshet, and holds {', '.join(strange[:3])}."
            raise DataFolderForeign(message, hint="Choose another data folder.")
        (data_dir / MARKER).write_text("Made by Freshet, which may delete everything in this folder.\n")
    except (FileExistsError, NotADirectoryError) as error:
        message = f"{data_dir} must be a folder, and it or one above it is a file."
        raise DataFolderUnusable(message, hint="Choose another data folder.") from error
    except OSError as error:
        message = f"The data folder {data_dir} can't be written: {error.strerror}."
        raise DataFolderUnusable(message, hint="Choose another data folder.") from error


def foreign_files(data_dir: Path) -> list[str]:
    """Return the names of files that are not ours in a folder without our marker."""
    if (data_dir / MARKER).exists():
        return []
    return sorted({entry.name for entry in data_dir.iterdir()} - _HARMLESS)


def need_disk(data_dir: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Go on only with room on the disk.

    Raises
    ------
    DiskFull
        Naming what must be free and what is.
    """
    free = shutil.disk_usage(data_dir).free
    if free < needed_bytes:
        message = (
            f"{needed_bytes / 1024**3:.1f} GiB must be free on the disk of {data_dir}; "
            f"{free / 1024**3:.1f} GiB are."
        )
        raise DiskFull(message, hint="Make room, or choose a data folder on another disk.")


@contextlib.contextmanager
def naming_disk_trouble(data_dir: Path) -> Iterator[None]:
    """Tell a full or closed disk as what it is, wherever in a start it is met."""
    try:
        yield
    except OSError as error:
        where = error.filename or data_dir
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"The disk is full: {where} can't be written."
            raise DiskFull(message, hint="Make room, or choose a data folder on another disk.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            message = f"{where} can't be used: {error.strerror}."
            raise DataFolderUnusable(message, hint="Choose another data folder.") from error
        raise


@contextlib.contextmanager
def lock_folder(data_dir: Path) -> Iterator[None]:
    """Be the only one who runs on `data_dir`; the kernel gives the lock back with the process.

    Raises
    ------
    DataFolderInUse
        With the process id of the other one.
    """
    lock_fd = os.open(data_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        # Who only looks whether the lock is held (`lock_holder`) holds a share of it for an instant.
        deadline = time.monotonic() + _PROBE_S
        while True:
            try:
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _in_use(data_dir, _read_pid(lock_fd)) from None
                time.sleep(0.02)
        os.ftruncate(lock_fd, 0)
        os.pwrite(lock_fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock_fd)


@contextlib.contextmanager
def lock_holder(data_dir: Path) -> Iterator[int | None]:
    """Look who runs on `data_dir`.

    Yields
    ------
    int or None
        Process id; None if nobody does, and then nobody begins to before the end of the ``with`` block.
    """
    try:
        lock_fd = os.open(data_dir / _LOCK, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _read_pid(lock_fd) or -1
        else:
            yield None
    finally:
        os.close(lock_fd)


def wipe(data_dir: Path, *, system_folder: Path = SYSTEM_FOLDER) -> None:
    """Delete everything in the data folder but the key that signs; nothing happens if there is no such folder.

    Raises
    ------
    DataFolderForeign
        If the folder was not made by Freshet, or not by this user.
    DataFolderInUse
        If an instance runs on it.
    DataFolderUnusable
        If something can't be deleted.
    """
    data_dir = data_dir.resolve()
    if not data_dir.is_dir() or not any(data_dir.iterdir()):
        return
    if not (data_dir / MARKER).is_file():
        message = f"{data_dir} was not made by Freshet (it has no file {MARKER}), and is left as it is."
        raise DataFolderForeign(message, hint="Choose another data folder, or empty it yourself.")
    need_own_folder(data_dir)
    with lock_folder(data_dir), contextlib.ExitStack() as held:
        for name in _SERVERS:  # the parent may have been killed an instant ago
            if (data_dir / name).is_dir():
                held.enter_context(hold_folder(data_dir / name, f"A server ({name})", wait_s=_ENDING_S))
        try:
            remove_data_home(data_dir / "postgres", system_folder)
            for entry in data_dir.iterdir():
                if entry.name in (MARKER, _LOCK, *_KEPT):
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        except OSError as error:
            message = f"{error.filename} can't be deleted: {error.strerror}."
            raise DataFolderUnusable(message, hint="Delete it yourself, or choose another folder.") from error


def _read_pid(lock_fd: int) -> int | None:
    text = os.pread(lock_fd, 20, 0).strip()
    return int(text) if text.isdigit() else None


def _in_use(data_dir: Path, pid: int | None) -> DataFolderInUse:
    who = f"process {pid}" if pid else "another process"
    message = f"Freshet runs on {data_dir} already, as {who}."
    return DataFolderInUse(message, pid=pid, hint="Stop it (freshet down), or choose another data folder.")
