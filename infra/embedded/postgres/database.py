"""The real Postgres 18 as a child process, on the loopback address, with a password."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg

from infra.embedded.errors import PortTaken, ServerFailed
from infra.embedded.java.ivy import Progress
from infra.embedded.java.jars import tell_stderr
from infra.embedded.ports import HOST, load_ports, save_ports
from infra.embedded.postgres.home import data_home
from infra.embedded.postgres.programs import usable_programs
from infra.embedded.postgres.setup import PASSWORD, PGPASS, USER, environment, initialise, keep_password
from infra.embedded.postgres.unprivileged import SYSTEM_FOLDER, Account, choose_account
from infra.embedded.server import EmbeddedServer, Server, hold_folder, start_behind_launcher

__all__ = ["DATABASE", "USER", "EmbeddedPostgres"]

DATABASE = "freshet"

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
        super().__init__("database", port, _STOP_GRACE_S + 5)
        self.folder = data_dir.resolve() / "postgres"
        self._progress = progress
        self._ending_s = ending_s
        self._system_folder = system_folder
        self._programs = programs
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
        """Start on a free port, and on another when that was lost before Postgres had it."""
        kept = load_ports(self.folder / "ports.json").get("postgres")
        lost: set[int] = set()
        for _ in range(_PORT_TRIES):
            port = self._choose_port(kept, lost)
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
                    env=environment(),
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
