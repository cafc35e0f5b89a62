"""A terminal of 100 x 30 to run a command in, and what was shown on it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import termios
import threading
from typing import Self

__all__ = ["Terminal"]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs `argv` as the shell of a new terminal would: in its foreground, so that Ctrl-C reaches it."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (30, 100))
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env | {"TERM": "xterm-256color"},
            preexec_fn=lambda: os.login_tty(slave),
        )
        os.close(slave)
        self._shown = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self._master)

    def wait(self, timeout_s: float) -> int:
        """Wait for its end, and for the last that it showed; the exit code."""
        code = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return code

    def press_ctrl_c(self) -> None:
        """As a person would."""
        os.write(self._master, b"\x03")

    @property
    def shown(self) -> str:
        """All that was shown so far, without what moves the cursor and colours."""
        return _ESCAPES.sub("", self._shown.decode(errors="replace"))

    def _read(self) -> None:
        try:
            while piece := os.read(self._master, 65_536):
                self._shown += piece
        except OSError:  # how Linux says that nobody has the terminal open any more
            return
