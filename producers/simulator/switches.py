"""Drifts that are switched while the shop runs: those of before as the log notes them, new ones as they are asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Switch", "Switches"]


class Switch(NamedTuple):
    """One wish.

    Parameters
    ----------
    drift : str
        As typed: a name, ``gradual:50000`` or ``off``.
    control : int
        Offset in ``shop.control`` of the record that asked for it.
    """

    drift: str
    control: int


class Switches:
    """What a shop asks after each user event: whether its ways are switched here.

    A shop that is walked through again, because a simulator was started anew, switches where it did before, and
    nowhere else until `go_live`.

    Parameters
    ----------
    noted : iterable of (int, Switch)
        What was switched before, with the user event after which it was, in that order.

    Examples
    --------
    >>> switches = Switches([(7, Switch("abrupt", 0))])
    >>> switches.ask(Switch("off", 1))
    >>> [switches.after(6), switches.after(8), switches.after(9)]
    [None, Switch(drift='abrupt', control=0), None]
    >>> switches.go_live()
    >>> switches.after(10)
    Switch(drift='off', control=1)
    """

    def __init__(self, noted: Iterable[tuple[int, Switch]] = ()) -> None:
        self._noted = deque(noted)
        self._asked: deque[Switch] = deque()
        self._is_live = False

    def ask(self, switch: Switch) -> None:
        """Switch as soon as may be. May be called from another thread."""
        self._asked.append(switch)

    def go_live(self) -> None:
        """All that stands on the log has been walked through: what is asked may begin."""
        self._is_live = True

    def after(self, events: int) -> Switch | None:
        """What begins after so many user events; to be asked once after each step that had any."""
        if self._noted:
            return self._noted.popleft()[1] if self._noted[0][0] <= events else None
        return self._asked.popleft() if self._is_live and self._asked else None
