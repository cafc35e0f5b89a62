"""Keys that are pressed while the board is shown."""

from __future__ import annotations

import os
import select
import termios
import tty
from types import TracebackType
from typing import Self

__all__ = ["Keys"]


class Keys:
    """Takes keys from a terminal as they are pressed, without Enter; where there is none, nothing is ever pressed.

    Ctrl-C stays what it is. At the end the terminal is as it was.

    Parameters
    ----------
    fd : int
        Of the terminal, as a rule 0, the standard input.
    """

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._before: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> Self:
        if self._is_ours():
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSADRAIN)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._before is not None and self._is_ours():
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        """What was pressed since the last call, in its order."""
        if self._before is None or not self._is_ours() or not select.select([self._fd], [], [], 0)[0]:
            return ""
        try:
            return os.read(self._fd, 64).decode(errors="ignore")
        except OSError:  # the terminal is gone
            return ""

    def _is_ours(self) -> bool:
        """Whether it is a terminal in whose foreground we are: the kernel stops a background process that asks it."""
        try:
            return os.isatty(self._fd) and os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return False
