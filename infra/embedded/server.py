"""What the embedded broker and database have in common: a child behind the launcher, and its log."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from contracts.errors import EnvironmentProblem
from infra.embedded.errors import DataFolderInUse, DiskFull, PortTaken, ServerFailed
from infra.embedded.ports import HOST, free_port, is_free, load_ports, save_ports
from infra.lifeline import Child, spawn

__all__ = [
    "EmbeddedServer",
    "Server",
    "hold_folder",
    "launcher_argv",
    "log_tail",
    "set_up_failed",
    "start_behind_launcher",
]

_LAUNCHER = Path(__file__).with_name("launcher.py")
_TAIL_LINES = 12
_PORT_TRIES = 5


def launcher_argv(
    argv: Sequence[str], *, stop_signal: int, grace_s: float, user: tuple[int, int] | None = None
) -> list[str]:
    """Put `argv` behind the launcher, so that it ends when its life line is cut.

    Parameters
    ----------
    argv : sequence of str
        The program and its arguments.
    stop_signal : int
        What asks it to end in order.
    grace_s : float
        Seconds from that signal to SIGKILL.
    user : (int, int), optional
        Ids of the user and group that it runs as.

    Returns
    -------
    list of str
        For `infra.lifeline.spawn`.
    """
    ids = "-" if user is None else f"{user[0]}:{user[1]}"
    python = [sys.executable, "-I", "-S", str(_LAUNCHER)]
    return [*python, str(int(stop_signal)), str(grace_s), ids, *argv]


class Server:
    """A started server: waits until it answers, says why it died, stops it.

    Parameters
    ----------
    name : str
        For messages.
    child : Child
        The launcher that runs it.
    logs : sequence of Path
        Where it writes; the first that says something is quoted.
    """

    def __init__(self, name: str, child: Child, logs: Sequence[Path]) -> None:
        self.name = name
        self.child = child
        self.logs = tuple(logs)

    def wait_until(self, ready: Callable[[], bool], deadline_s: float) -> None:
        """Wait until `ready` says so.

        Raises
        ------
        ServerFailed, DiskFull
            If it ends before, or is not ready in time; in that case it has been killed.
        """
        deadline = time.monotonic() + deadline_s
        while not ready():
            if self.child.poll() is not None:
                raise self.failure("ended while it started")
            if time.monotonic() > deadline:
                self.child.kill()
                what = f"did not answer within {deadline_s:.0f} s"
                raise self.failure(what)
            time.sleep(0.05)

    def failure(self, what: str) -> EnvironmentProblem:
        """Describe why it is not running, quoting its log."""
        text, log = "", self.logs[0]
        for log in self.logs:
            if text := log_tail(log):
                break
        code = self.child.poll()
        status = "" if code is None else f" (exit code {code})"
        quoted = f" Its log {log} ends in:\n{text}\n" if text else f" Its log {log} is empty."
        if self.said("No space left on device"):
            message = f"{self.name} {what}{status}, for the disk is full.{quoted}"
            return DiskFull(message, hint="Make room, or choose a data folder on another disk.")
        return ServerFailed(f"{self.name} {what}{status}.{quoted}")

    def said(self, text: str) -> bool:
        """Tell whether `text` stands at the end of one of its logs."""
        return any(text in _read_end(log) for log in self.logs)

    def stop(self, grace_s: float) -> None:
        """Ask it to end, and kill it when it has not `grace_s` seconds later."""
        self.child.stop(grace_s)

    def kill(self) -> None:
        """End it without asking, as a crash would."""
        self.child.kill()


class EmbeddedServer(ABC):
    """A server on a folder of its own: started, stopped, killed and asked after.

    Parameters
    ----------
    name : str
        For messages: ``database``.
    called : str
        Names its log and its port in files: ``postgres``.
    folder : Path
        Where its files are.
    port : int, optional
        The port it must have; by default one that is free.
    stop_grace_s : float
        How long it may take to end in order.
    """

    def __init__(self, name: str, called: str, folder: Path, port: int | None, stop_grace_s: float) -> None:
        self.folder = folder
        self._name = name
        self._called = called
        self._fixed_port = port
        self._stop_grace_s = stop_grace_s
        self._server: Server | None = None
        self._port: int | None = None

    @property
    def port(self) -> int:
        """Its TCP port; known once started, and kept when stopped."""
        if self._port is None:
            message = f"the {self._name} has no address before its first start"
            raise RuntimeError(message)
        return self._port

    @property
    def log_file(self) -> Path:
        """Where it writes its log."""
        return self.folder / f"{self._called}.log"

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it serves."""

    def stop(self) -> None:
        """Stop it in order; nothing happens if it is not running."""
        if self._server is not None:
            self._server.stop(self._stop_grace_s)
            self._server = None

    def kill(self) -> None:
        """End it at once, as a crash would; it can be started again."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def problem(self) -> EnvironmentProblem | None:
        """Return why it is not running any more, although it was started; None while all is well."""
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

    def _need_stopped(self) -> None:
        if self._server is not None:
            message = f"the {self._name} is started already"
            raise RuntimeError(message)

    def _start_on_a_port(
        self,
        spawn: Callable[[Mapping[str, int]], Server],
        is_up: Callable[[], bool],
        deadline_s: float,
        *more: str,
    ) -> None:
        """Start on the ports it had before where they are free, and on others when one was lost before it had it.

        Parameters
        ----------
        spawn : callable
            Starts it on these ports, by name.
        is_up : callable
            Whether it serves.
        deadline_s : float
            Seconds until it must.
        *more : str
            Names of further ports that it needs.
        """
        kept = load_ports(self.folder / "ports.json")
        lost: set[int] = set()
        for _ in range(_PORT_TRIES):
            self._port = self._choose_port(kept.get(self._called), lost)
            ports = {self._called: self._port}
            for name in more:
                ports[name] = free_port(kept.get(name), avoid={*lost, *ports.values()})
            server = spawn(ports)
            try:
                server.wait_until(is_up, deadline_s)
            except ServerFailed:
                if not server.said("Address already in use"):
                    raise
                lost.update(ports.values())
                continue
            except BaseException:
                server.kill()
                raise
            save_ports(self.folder / "ports.json", ports)
            self._server = server
            return
        message = f"The {self._name} lost {_PORT_TRIES} ports in a row to other programs."
        raise PortTaken(message, port=max(lost), hint="Start again.")

    def _choose_port(self, kept: int | None, lost: set[int]) -> int:
        """Choose the port it must have, else `kept` if that is free, else any that is; never one of `lost`."""
        if self._fixed_port is None:
            return free_port(kept, avoid=lost)
        if self._fixed_port in lost or not is_free(self._fixed_port):
            message = f"Port {self._fixed_port} of {HOST} must be free for the {self._name}, and is in use."
            raise PortTaken(message, port=self._fixed_port, hint="End what uses it, or choose another.")
        return self._fixed_port


def log_tail(file: Path, lines: int = _TAIL_LINES) -> str:
    """Return the last lines of a log; from its last errors on, where those are further up."""
    # Frames of Java are for its developers, and would push out what it was that failed.
    found = [line for line in _read_end(file).splitlines() if line.strip() and not line.startswith("\tat ")]
    start = max(0, len(found) - lines)
    for index, line in enumerate(found):
        if " ERROR " in line or " FATAL " in line or "FATAL:" in line or "Error:" in line:
            start = min(start, index)
            break
    return "\n".join(found[start : start + lines])


def set_up_failed(name: str, folder: Path, output: str) -> EnvironmentProblem:
    """Describe why the program that prepares a server's folder failed."""
    message = f"{name} could not set up its folder {folder}: {output.strip()}"
    if "No space left on device" in output:
        return DiskFull(message, hint="Make room, or choose a data folder on another disk.")
    return ServerFailed(message)


def _read_end(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - 32_768))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def start_behind_launcher(
    argv: Sequence[str],
    *,
    stop_signal: int,
    grace_s: float,
    cwd: Path,
    output: IO[bytes],
    env: Mapping[str, str],
    user: tuple[int, int] | None = None,
    lock_fd: int | None = None,
) -> Child:
    """Start `argv` behind the launcher; it and the launcher inherit `lock_fd` and so hold that lock."""
    return spawn(
        launcher_argv(argv, stop_signal=stop_signal, grace_s=grace_s, user=user),
        env=env,
        cwd=cwd,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[] if lock_fd is None else [lock_fd],
    )


@contextlib.contextmanager
def hold_folder(folder: Path, name: str, wait_s: float) -> Iterator[int]:
    """Lock `folder` for a server that is about to start.

    The server inherits the lock, so it is free when the server has ended and not before: one that still writes its
    last pages after its parent was killed is waited for, and a pid file left by it is known to be stale.

    Parameters
    ----------
    folder : Path
        The server's own folder; must exist.
    name : str
        Of the server, for the message.
    wait_s : float
        How long to wait for an earlier one to end.

    Yields
    ------
    int
        The file descriptor that holds the lock.

    Raises
    ------
    DataFolderInUse
        If another one still runs on it after `wait_s` seconds.
    """
    lock_fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = f"{name} already runs on {folder}."
                    raise DataFolderInUse(message, hint="Stop it, or choose another data folder.") from None
                time.sleep(0.05)
        yield lock_fd
    finally:
        os.close(lock_fd)
