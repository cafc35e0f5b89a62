"""The real Postgres 18 as a child process, on the loopback address, with a password."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from contracts.errors import EnvironmentProblem
from infra.embedded.errors import PortTaken, ServerFailed
from infra.embedded.ivy import Progress
from infra.embedded.jars import tell_stderr
from infra.embedded.ports import HOST, free_port, is_free, load_ports, save_ports
from infra.embedded.postgres_home import SYSTEM_FOLDER, Account, choose_account, data_home, usable_programs
from infra.embedded.server import Server, hold_folder, set_up_failed, start_behind_launcher

__all__ = ["DATABASE", "USER", "EmbeddedPostgres"]

DATABASE = "freshet"
USER = "freshet"

_START_DEADLINE_S = 60.0
_STOP_GRACE_S = 10.0
_PORT_TRIES = 5

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # Beside a broker and learners on a laptop.
    "shared_buffers": "64MB",
    "max_connections": "50",
    "dynamic_shared_memory_type": "mmap",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedPostgres:
    """One database on one folder.

    Parameters
    ----------
    data_dir : Path
        Its files go to ``data_dir/postgres``; for root the data itself may be elsewhere: see `postgres_home`.
        Started again on the same folder, it has the same data and password, and the same port if that is free.
    port : int, optional
        The port it must have; by default one that is free.
    progress : callable
        Told, line by line, what takes long.
    ending_s : float
        How long an earlier database on this folder, whose parent was killed, may take to end.
    system_folder : Path
        Where data and programs go for root, if they must be elsewhere.
    programs : Path, optional
        The folder with Postgres's ``bin``; the installed package's by default.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        progress: Progress = tell_stderr,
        ending_s: float = _STOP_GRACE_S + 5,
        system_folder: Path = SYSTEM_FOLDER,
        programs: Path | None = None,
    ) -> None:
        self.folder = data_dir.resolve() / "postgres"
        self._fixed_port = port
        self._progress = progress
        self._ending_s = ending_s
        self._system_folder = system_folder
        self._programs = programs
        self._server: Server | None = None
        self._port: int | None = None

    @property
    def port(self) -> int:
        """Its TCP port; known once started, and kept when stopped."""
        if self._port is None:
            message = "the database has no address before its first start"
            raise RuntimeError(message)
        return self._port

    @property
    def conninfo(self) -> str:
        """What psycopg connects with; the password stands in a file that it names, not in it."""
        return psycopg.conninfo.make_conninfo(
            host=HOST, port=self.port, dbname=DATABASE, user=USER, passfile=str(self.folder / "pgpass")
        )

    @property
    def url(self) -> str:
        """The same as a URL; the password stands in a file that it names."""
        return (
            f"postgresql://{USER}@{HOST}:{self.port}/{DATABASE}?passfile={quote(str(self.folder / 'pgpass'))}"
        )

    @property
    def password_file(self) -> Path:
        """The password alone, in a file that only its owner can read."""
        return self.folder / "password"

    @property
    def log_file(self) -> Path:
        """Where Postgres writes its log."""
        return self.folder / "postgres.log"

    def start(self) -> None:
        """Start the database and wait until it takes connections.

        Raises
        ------
        EnvironmentProblem
            One of `infra.embedded.errors`, saying what is missing and what to do.
        """
        if self._server is not None:
            message = "the database is started already"
            raise RuntimeError(message)
        self._choose_port(set())  # a port that must be this one and is taken is known at once
        account = choose_account()
        programs = usable_programs(account, self._system_folder, self._programs)
        self.folder.mkdir(parents=True, exist_ok=True)
        with hold_folder(self.folder, "A database", wait_s=self._ending_s) as lock_fd:
            home = data_home(self.folder, account, self._system_folder)
            self._write_password()
            self._initialise(programs, home, account, lock_fd)
            # Ours is the folder's lock: whoever wrote this file has ended, even if its number is in use again.
            (home / "data" / "postmaster.pid").unlink(missing_ok=True)
            self._launch(programs, home, account, lock_fd)

    def stop(self) -> None:
        """Stop the database in order; nothing happens if it is not running."""
        if self._server is not None:
            self._server.stop(_STOP_GRACE_S + 5)
            self._server = None

    def kill(self) -> None:
        """End the database at once, as a crash would; it can be started again."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def problem(self) -> EnvironmentProblem | None:
        """Return why a database that was started is not running any more; None while all is well."""
        if self._server is None or self._server.child.poll() is None:
            return None
        return self._server.failure("ended by itself")

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def _write_password(self) -> None:
        if not self.password_file.exists():
            _write_private(self.password_file, secrets.token_urlsafe(24))
        # libpq's own format, so that nothing needs to read the password but libpq.
        _write_private(self.folder / "pgpass", f"{HOST}:*:*:{USER}:{self.password_file.read_text()}\n")

    def _initialise(self, programs: Path, home: Path, account: Account | None, lock_fd: int) -> None:
        """Make the database's files, whole or not at all."""
        if (home / "data").exists():
            return
        new = home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password = home / "initial-password"
        _write_private(password, self.password_file.read_text())
        if account is not None:
            os.chown(new, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        argv = [str(programs / "bin" / "initdb"), "-D", str(new), "-U", USER, f"--pwfile={password}"]
        # One order of strings on every machine, whatever locales it has.
        argv += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"]
        argv += ["--auth=scram-sha-256", "--no-instructions", "--set", "lc_monetary=C"]
        try:
            done = subprocess.run(
                argv,
                cwd=new,
                env=_environment(),
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
            password.unlink()
        if done.returncode != 0:
            raise set_up_failed("Postgres", new, done.stdout + done.stderr)
        new.rename(home / "data")

    def _launch(self, programs: Path, home: Path, account: Account | None, lock_fd: int) -> None:
        """Start on a free port, and on another when that was lost before Postgres had it."""
        lost: set[int] = set()
        for _ in range(_PORT_TRIES):
            port = self._choose_port(lost)
            argv = [str(programs / "bin" / "postgres"), "-D", str(home / "data"), "-p", str(port)]
            for name, value in _SETTINGS.items():
                argv += ["-c", f"{name}={value}"]
            with self.log_file.open("wb") as output:
                child = start_behind_launcher(
                    argv,
                    stop_signal=signal.SIGINT,  # ends sessions in order; SIGTERM would wait for clients to leave
                    grace_s=_STOP_GRACE_S,
                    cwd=home / "data",
                    output=output,
                    env=_environment(),
                    user=None if account is None else (account.uid, account.gid),
                    lock_fd=lock_fd,
                )
            server = Server("Postgres", child, [self.log_file])
            try:
                self._port = port
                server.wait_until(partial(_answers, self.conninfo), _START_DEADLINE_S)
                self._make_database()
            except ServerFailed:
                if not server.said("Address already in use"):
                    raise
                lost.add(port)
                continue
            except BaseException:
                child.kill()
                raise
            save_ports(self.folder / "ports.json", {"postgres": port})
            self._server = server
            return
        message = f"The database lost {_PORT_TRIES} ports in a row to other programs."
        raise PortTaken(message, port=max(lost), hint="Start again.")

    def _choose_port(self, lost: set[int]) -> int:
        if self._fixed_port is None:
            return free_port(load_ports(self.folder / "ports.json").get("postgres"), avoid=lost)
        if self._fixed_port in lost or not is_free(self._fixed_port):
            message = f"Port {self._fixed_port} of {HOST} must be free for the database, and is in use."
            raise PortTaken(message, port=self._fixed_port, hint="End what uses it, or choose another.")
        return self._fixed_port

    def _make_database(self) -> None:
        with _connect(self.conninfo, dbname="postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")


@contextlib.contextmanager
def _connect(conninfo: str, dbname: str) -> Iterator[psycopg.Connection]:
    text = psycopg.conninfo.make_conninfo(conninfo, dbname=dbname, connect_timeout=5)
    with contextlib.closing(psycopg.connect(text, autocommit=True)) as connection:
        yield connection


def _answers(conninfo: str) -> bool:
    """Log in: who took our port does not know the password, and Postgres takes logins only when it has recovered."""
    try:
        with _connect(conninfo, dbname="postgres"):
            return True
    except psycopg.OperationalError:
        return False


def _write_private(file: Path, text: str) -> None:
    """Write `text` to a file that nobody else can read at any time."""
    scratch = file.with_name(f"{file.name}.{os.getpid()}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    scratch.replace(file)


def _environment() -> dict[str, str]:
    """Return what Postgres may know of our environment: none of the PG... variables, messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
