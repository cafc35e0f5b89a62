"""What is done before Postgres first starts on a folder: a password, and the database's files."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from infra.embedded.errors import DataFolderUnusable
from infra.embedded.ports import HOST
from infra.embedded.postgres.unprivileged import Account
from infra.embedded.server import set_up_failed

__all__ = ["PASSWORD", "PGPASS", "USER", "environment", "initialise", "keep_password"]

USER = "freshet"
PASSWORD = "password"  # noqa: S105 - the name of a file
PGPASS = "pgpass"


def keep_password(folder: Path) -> str:
    """Return the password in `folder`, made at the first call.

    It stands there alone in `PASSWORD`, and in libpq's own format in `PGPASS`, so that nothing needs to read it but
    libpq. Nobody else can read either.
    """
    if not (folder / PASSWORD).exists():
        _write_private(folder / PASSWORD, secrets.token_urlsafe(24))
    password = (folder / PASSWORD).read_text()
    _write_private(folder / PGPASS, f"{HOST}:*:*:{USER}:{password}\n")
    return password


def initialise(programs: Path, home: Path, account: Account | None, password: str, lock_fd: int) -> None:
    """Make the database's files in ``home/data``, whole or not at all; leave those that are there alone.

    Parameters
    ----------
    programs : Path
        The folder with ``bin``.
    home : Path
        Where the data go.
    account : Account, optional
        Who they must belong to, if not us.
    password : str
        Of the database's owner, `USER`.
    lock_fd : int
        Held by ``initdb`` for as long as it runs, also when we are killed.

    Raises
    ------
    DataFolderUnusable
        If another user made them: root one day, and oneself the next.
    ServerFailed, DiskFull
        With what ``initdb`` said.
    """
    uid = os.geteuid() if account is None else account.uid
    if (home / "data").exists():
        if (owner := (home / "data").stat().st_uid) != uid:
            message = f"The database in {home} belongs to user {owner}, and would run as user {uid}."
            raise DataFolderUnusable(message, hint="Start as who made it, or choose another data folder.")
        return
    new = home / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    password_file = home / "initial-password"
    _write_private(password_file, password)
    if account is not None:
        os.chown(new, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    argv = [str(programs / "bin" / "initdb"), "-D", str(new), "-U", USER, f"--pwfile={password_file}"]
    # One order of strings on every machine, whatever locales it has.
    argv += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"]
    argv += ["--auth=scram-sha-256", "--no-instructions", "--set", "lc_monetary=C"]
    try:
        done = subprocess.run(
            argv,
            cwd=new,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            pass_fds=[
                lock_fd
            ],  # left alone by a killed parent, it ends by itself, and holds the lock until then
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise set_up_failed("Postgres", new, done.stdout + done.stderr)
    new.rename(home / "data")


def _write_private(file: Path, text: str) -> None:
    """Write `text` to a file that nobody else can read at any time."""
    scratch = file.with_name(f"{file.name}.{os.getpid()}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    scratch.replace(file)


def environment() -> dict[str, str]:
    """Return what Postgres may know of our environment: none of the PG... variables, messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
