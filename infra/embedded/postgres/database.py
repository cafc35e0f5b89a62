"""The real Postgres 18 as a child process, on the loopback address, with a password."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from infra.embedded.java.ivy import Progress
from infra.embedded.java.jars import tell_stderr
from infra.embedded.ports import HOST
from infra.embedded.postgres.home import data_home
from infra.embedded.postgres.programs import usable_programs
from infra.embedded.postgres.setup import PASSWORD, PGPASS, USER, environment, initialise, keep_password
from infra.embedded.postgres.unprivileged import SYSTEM_FOLDER, Account, choose_account
from infra.embedded.server import EmbeddedServer, Server, hold_folder, start_behind_launcher

__all__ = ["DATABASE", "USER", "EmbeddedPostgres"]

DATABASE = "freshet"

_START_DEADLINE_S = 60.0
_STOP_GRACE_S = 10.0

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # Beside a broker and learners on a laptop.
    "shared_buffers": "64MB",
    "max_connections": "50",
    "dynamic_shared_memory_type": "mmap",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedPostgres(EmbeddedServer):
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
        super().__init__("database", "postgres", data_dir.resolve() / "postgres", port, _STOP_GRACE_S + 5)
        self._progress = progress
        self._ending_s = ending_s
        self._system_folder = system_folder
        self._programs = programs

    @property
    def conninfo(self) -> str:
        """What psycopg connects with; the password stands in a file that it names, not in it."""
        return psycopg.conninfo.make_conninfo(
            host=HOST, port=self.port, dbname=DATABASE, user=USER, passfile=str(self.folder / PGPASS)
        )

    @property
    def url(self) -> str:
        """The same as a URL; the password stands in a file that it names."""
        return (
            f"postgresql://{USER}@{HOST}:{self.port}/{DATABASE}?passfile={quote(str(self.folder / PGPASS))}"
        )

    @property
    def password_file(self) -> Path:
        """The password alone, in a file that only its owner can read."""
        return self.folder / PASSWORD

    def start(self) -> None:
        """Start the database and wait until it takes connections.

        Raises
        ------
        EnvironmentProblem
            One of `infra.embedded.errors`, saying what is missing and what to do.
        """
        self._need_stopped()
        self._choose_port(None, set())  # a port that must be this one and is taken is known at once
        account = choose_account()
        programs = usable_programs(account, self._system_folder, self._programs)
        self.folder.mkdir(parents=True, exist_ok=True)
        with hold_folder(self.folder, "A database", wait_s=self._ending_s) as lock_fd:
            home = data_home(self.folder, account, self._system_folder)
            initialise(programs, home, account, keep_password(self.folder), lock_fd)
            # Ours is the folder's lock: whoever wrote this file has ended, even if its number is in use again.
            (home / "data" / "postmaster.pid").unlink(missing_ok=True)
            self._launch(programs, home, account, lock_fd)

    def _launch(self, programs: Path, home: Path, account: Account | None, lock_fd: int) -> None:
        def spawn(ports: Mapping[str, int]) -> Server:
            program, port = str(programs / "bin" / "postgres"), str(ports["postgres"])
            argv = [program, "-D", str(home / "data"), "-p", port]
            for name, value in _SETTINGS.items():
                argv += ["-c", f"{name}={value}"]
            with self.log_file.open("wb") as output:
                child = start_behind_launcher(
                    argv,
                    stop_signal=signal.SIGINT,  # ends sessions in order; SIGTERM would wait for clients to leave
                    grace_s=_STOP_GRACE_S,
                    cwd=home / "data",
                    output=output,
                    env=environment(),
                    user=None if account is None else (account.uid, account.gid),
                    lock_fd=lock_fd,
                )
            return Server("Postgres", child, [self.log_file])

        self._start_on_a_port(spawn, lambda: _serves(self.conninfo), _START_DEADLINE_S)


def _serves(conninfo: str) -> bool:
    """Log in, and make our database where it is not there yet.

    Who took our port does not know the password, and Postgres takes logins only when it has recovered.
    """
    text = psycopg.conninfo.make_conninfo(conninfo, dbname="postgres", connect_timeout=5)
    try:
        with contextlib.closing(psycopg.connect(text, autocommit=True)) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            return True
    except psycopg.OperationalError:
        return False
