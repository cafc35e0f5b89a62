"""How a long-running role waits for a broker or a database that is away: in one line, and one more when it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final, TypeVar

from contracts.errors import Unreachable

__all__ = ["Waiting"]

_T = TypeVar("_T")
_FIRST_PAUSE_S: Final = 0.5
# A try costs next to nothing, and who waits wants to go on soon.
_LONGEST_PAUSE_S: Final = 4.0


class Waiting:
    """Says once that a role waits, and once that it goes on.

    Parameters
    ----------
    role : str
        Who waits.
    say : callable
        Takes a line for people.
    clock : callable
        Monotonic seconds.

    Attributes
    ----------
    why : str or None
        What is waited for now.

    Examples
    --------
    >>> waiting = Waiting("The scoreboard", print, clock=iter([10.0, 12.5]).__next__)
    >>> waiting.waits("No broker answers.")
    The scoreboard waits: No broker answers.
    >>> waiting.waits("No broker answers.")
    >>> waiting.goes_on()
    The scoreboard goes on after 2.5 s.
    >>> waiting.goes_on()
    """

    def __init__(
        self, role: str, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._role = role
        self._say = say
        self._clock = clock
        self._since_s: float | None = None
        self.why: str | None = None
        self._pause_s = _FIRST_PAUSE_S

    def waits(self, why: str) -> None:
        """Something is away; called as often as it is found to be."""
        self.why = why
        if self._since_s is None:
            self._since_s = self._clock()
            self._say(f"{self._role} waits: {why}")

    def goes_on(self) -> None:
        """All is well; called as often as that is found."""
        self._pause_s = _FIRST_PAUSE_S
        if self._since_s is not None:
            self._say(f"{self._role} goes on after {self._clock() - self._since_s:.1f} s.")
            self._since_s = self.why = None

    def pause(self, stop: Event) -> None:
        """Wait until the next try, longer each time; at most until `stop` is set."""
        stop.wait(self._pause_s)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def until_done(self, work: Callable[[], _T], stop: Event) -> _T | None:
        """Do `work`, again and again while what it needs is away; None where `stop` was set before.

        Raises
        ------
        FreshetError
            What waiting does not mend.
        """
        while not stop.is_set():
            try:
                done = work()
            except Unreachable as error:
                self.waits(str(error))
                self.pause(stop)
            else:
                self.goes_on()
                return done
        return None
