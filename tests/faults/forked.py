"""Workers forked from a process that has imported all they need: a start costs a tenth of a second, not three."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")


class ForkedWorker:
    """``worker_process.py`` with these arguments, as far as a `subprocess.Popen` of it is used.

    All of one run share one hash seed; who needs another starts a Python of its own.
    """

    def __init__(self, arguments: list[str], env: Mapping[str, str], log: Path) -> None:
        _FORKS.set_forkserver_preload(["tests.faults.worker_process"])
        self._process = _FORKS.Process(target=_work, args=(arguments, dict(env), str(log)))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """Its exit code, minus the signal's number where one ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """As `returncode`."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        self._process.join(timeout)
        if self.returncode is None:
            message = f"The worker must end within {timeout} s"
            raise TimeoutError(message)
        return self.returncode

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)


def _work(arguments: list[str], env: dict[str, str], log: str) -> None:
    """What a process of its own would do, in the one that was forked."""
    os.environ.clear()
    os.environ.update(env)
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 2)
    from tests.faults.worker_process import main

    sys.argv = ["worker_process.py", *arguments]
    code = main()
    sys.stderr.flush()
    os._exit(code)
