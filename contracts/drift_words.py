"""How a drift is typed: ``abrupt@175000``, ``gradual@100000:50000``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["DRIFTS", "OFF", "DriftWord", "read_drift", "read_switch"]

DRIFTS: Final = ("abrupt", "gradual", "recurring", "price-shock", "new-products", "bot-traffic")
"""Every drift that a simulated shop knows."""

OFF: Final = "off"
_GRADUAL: Final = "gradual"
_OVER_EVENTS: Final = 50_000
_NUMBER: Final = "[1-9][0-9]{0,11}"
_WORD: Final = re.compile(rf"(?P<name>[a-z-]+)@(?P<at>{_NUMBER})(:(?P<over>{_NUMBER}))?")


class DriftWord(NamedTuple):
    """A drift as it was typed.

    Parameters
    ----------
    name : str
        One of `DRIFTS`.
    at_events : int
        User events after which it begins.
    over_events : int
        User events that a gradual one takes; 0 for the others.
    """

    name: str
    at_events: int
    over_events: int = 0

    def __str__(self) -> str:
        """As typed."""
        return f"{self.name}@{self.at_events}" + (f":{self.over_events}" if self.over_events else "")


def read_drift(text: str) -> DriftWord:
    """Read a drift.

    Raises
    ------
    ValueError
        If it is none; the message says what must be and what was.

    Examples
    --------
    >>> read_drift("gradual@100000:20000")
    DriftWord(name='gradual', at_events=100000, over_events=20000)
    >>> str(read_drift("gradual@5")), str(read_drift("abrupt@5"))
    ('gradual@5:50000', 'abrupt@5')
    """
    match = _WORD.fullmatch(text)
    name = match["name"] if match else text.partition("@")[0]
    if match is None or name not in DRIFTS:
        names = f"{', '.join(DRIFTS[:-1])} or {DRIFTS[-1]}"
        msg = f"drift must be NAME@N, such as abrupt@175000: NAME {names}, N in user events. Got {text!r}."
        raise ValueError(msg)
    if match["over"] and name != _GRADUAL:
        msg = f"drift must be {name}@N: only gradual takes time, as in gradual@100000:50000. Got {text!r}."
        raise ValueError(msg)
    over = int(match["over"] or _OVER_EVENTS) if name == _GRADUAL else 0
    return DriftWord(name, int(match["at"]), over)


def read_switch(text: str, at_events: int = 1) -> DriftWord | None:
    """Read what is switched while a shop runs: a name, ``gradual:20000``, or ``off``, which is None.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> str(read_switch("gradual:20000", 700)), str(read_switch("abrupt", 700)), read_switch("off")
    ('gradual@700:20000', 'abrupt@700', None)
    """
    if text == OFF:
        return None
    name, colon, over = text.partition(":")
    try:
        return read_drift(f"{name}@{at_events}{colon}{over}")
    except ValueError:
        names = ", ".join(DRIFTS)
        msg = (
            f"A drift to switch to must be one of {names} (gradual:N: over N events) or {OFF}. Got {text!r}."
        )
        raise ValueError(msg) from None
