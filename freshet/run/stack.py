"""Broker, database and children as one thing: brought up, looked after, and taken down in order."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from contracts.errors import FreshetError
from freshet.run.processes import Processes

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.embedded import Running, Runtime

__all__ = ["DemoRuns", "Stack", "for_children", "start_over"]

_DEADLINE_S = 9.0  # from Ctrl-C until nothing is left; people are promised 10
_FOR_SERVERS_S = 4.0  # of those, for broker and database
_LOCK = "demo.lock"
_ASIDE = ("etl", "trainer")
_ETL = ("etl", "--every", "20s")
_TRAINER = ("trainer", "--every", "10s", "--budget", "30s")
# Its first run is small, and with Java's second compiler takes twice the processor time.
_SPARK = {"SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1"}
_NICE = 10  # Spark takes all cores for seconds, and the stream goes first


class DemoRuns(FreshetError):
    """Another demo runs on the data folder."""


@contextlib.contextmanager
def _only_demo(data_dir: Path) -> Iterator[None]:
    """Be the only demo on a folder.

    This takes a lock of its own, because another process may keep broker and database up.
    """
    lock_fd = os.open(data_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(lock_fd, 20, 0).decode(errors="replace").strip() or "another one"
            message = f"A demo runs on {data_dir} already, as process {pid}."
            hint = "Look at it with freshet watch or freshet score, or choose another folder with --data-dir."
            raise DemoRuns(message, hint=hint) from None
        os.ftruncate(lock_fd, 0)
        os.pwrite(lock_fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock_fd)


def start_over(data_dir: Path) -> None:
    """Wipe the data folder, after stopping what was kept up on it.

    Raises
    ------
    FreshetError
        If a demo runs on it, or the folder is not Freshet's.
    """
    from infra.embedded import find_running, need_own_folder, stop_running, wipe

    need_own_folder(data_dir)
    running = find_running(data_dir)
    if running is not None and running.kept:
        with _only_demo(data_dir):
            stop_running(data_dir)
    wipe(data_dir)


def for_children(settings: Settings) -> dict[str, str]:
    """The environment of a demo's children: these settings, but no port, which all of them would want at once."""
    from contracts.settings import environment

    # The word, and not nothing: .env in this folder may name a port, too.
    return environment(settings) | {"FRESHET_HTTP_PORT": "none"}


class Stack:
    """What a demo runs.

    Parameters
    ----------
    data_dir : Path
        Data folder.
    facts : dict
        What other commands need to know of this instance.
    keep : bool
        Leave broker and database up at the end.
    note : callable
        Called with a line for each thing that happens.
    """

    def __init__(
        self, data_dir: Path, facts: dict[str, object], *, keep: bool, note: Callable[[str], None]
    ) -> None:
        self.data_dir = data_dir
        self._facts = facts
        self._keep = keep
        self._note = note
        self._runtime: Runtime | None = None
        self._processes: Processes | None = None
        self._held = contextlib.ExitStack()
        self._background_pid: int | None = None
        self._deadline_s = 0.0
        self._watchdog: threading.Timer | None = None

    @property
    def logs(self) -> Path:
        """The folder of the children's logs."""
        return self.data_dir / "logs"

    def what_stays(self) -> str:
        """What is left at the end, in words."""
        if self._keep:
            return f"broker and database stay up until: freshet down --data-dir {self.data_dir}"
        return f"the data stay in {self.data_dir}"

    def is_taken(self) -> bool:
        """Whether something runs on the folder. Then a start uses what was kept up, or is refused."""
        from infra.embedded.data_folder import lock_holder

        with lock_holder(self.data_dir) as pid:
            return pid is not None

    def bring_up(self) -> Running:
        """Start broker and database, or use those that an earlier ``--keep`` left up.

        Raises
        ------
        EnvironmentProblem, DemoRuns
            If something is missing, or a demo runs here already.
        """
        from infra.embedded import Runtime, find_running, need_own_folder, start_background_runtime

        need_own_folder(self.data_dir)  # before what stands in it is believed
        running = find_running(self.data_dir)
        if running is not None and running.kept:
            self._held.enter_context(_only_demo(self.data_dir))
            self._note(f"going on with the broker and database that are up on {self.data_dir}")
            self._keep = True
            return running
        elif running is None and self._keep:
            running = start_background_runtime(self.data_dir, facts=self._facts, progress=self._note)
            self._background_pid = running.pid
        else:
            # Where a demo runs, the runtime says so, and who it is.
            runtime = Runtime(self.data_dir, facts=self._facts, progress=self._note)
            running = runtime.start()
            self._runtime = runtime
        try:
            self._held.enter_context(_only_demo(self.data_dir))
        except BaseException:
            self.take_down()
            raise
        return running

    def start_stream(
        self, settings: Settings, producer: str, arguments: Sequence[str], learner: Sequence[str]
    ) -> None:
        """Start the children: the producer, which ends by itself, and the learners and the scoreboard, which do not."""
        for name in _ASIDE:  # what they said the last time is no news
            (self.logs / f"{name}.log").unlink(missing_ok=True)
        processes = self._processes = Processes(self.logs, _SPARK | for_children(settings), self._note)
        processes.start(producer, arguments, ends=True)
        processes.start("learn", learner, is_final=True)
        processes.start("scoreboard", ["scoreboard"])

    def start_batch(self, least_labels: int) -> None:
        """Start the batch side, ETL and trainer. Everything else goes on if they fail."""
        trainer = [*_TRAINER, "--least-labels", str(least_labels)]
        if self._processes is not None:
            # Not final: what is away at their start, before they try again by themselves, ends them.
            for name, arguments in zip(_ASIDE, (_ETL, trainer), strict=True):
                self._processes.start(name, [*arguments, "--json"], is_aside=True, nice=_NICE)

    def check(self) -> None:
        """Check all parts; call it often.

        Raises
        ------
        FreshetError
            If a child, the broker or the database died for good.
        """
        if self._runtime is None:
            self._need_kept()
        elif (problem := self._runtime.problem()) is not None:
            raise problem
        if self._processes is not None:
            self._processes.check()

    def _need_kept(self) -> None:
        """Raise if the broker and database that another process keeps up have ended."""
        from infra.embedded import find_running

        if self._processes is not None and find_running(self.data_dir) is None:
            self._keep = False
            message = (
                f"The broker and database that were kept up on {self.data_dir} were ended: so does the demo."
            )
            raise FreshetError(message, hint="That is what `freshet down` does. Go on with: freshet demo")

    def done(self, name: str) -> bool:
        """Whether a child that ends by itself has ended."""
        return self._processes is not None and self._processes.done(name)

    def take_down(self) -> None:
        """Stop producers, learners, scoreboard, broker and database, in this order, within 10 s."""
        self.must_end()
        try:
            if self._processes is not None:
                self._processes.stop(self._deadline_s - _FOR_SERVERS_S)
            if self._runtime is not None:
                self._runtime.stop()
                self._runtime = None
        finally:
            self._held.close()
            if self._watchdog is not None:
                self._watchdog.cancel()

    def must_end(self) -> None:
        """Give everything 9 s to end in order, also a start that is still running; then kill it."""
        if self._watchdog is None:
            self._deadline_s = time.monotonic() + _DEADLINE_S
            # A broker whose disk hangs would take its 20 s; what was committed is whole after a kill, too.
            self._watchdog = threading.Timer(_DEADLINE_S, self.kill_all)
            self._watchdog.daemon = True
            self._watchdog.start()

    def kill_all(self) -> None:
        """Kill all child processes, except those that must stay up; whatever waits for them goes on."""
        mine = psutil.Process().children(recursive=True)
        stay = {p.pid for p in mine if p.pid == self._background_pid}
        stay |= {below.pid for p in mine if p.pid in stay for below in p.children(recursive=True)}
        for process in mine:
            if process.pid not in stay:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
