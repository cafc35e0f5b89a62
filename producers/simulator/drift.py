"""When shoppers change their ways."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.errors import UsageError

__all__ = ["Abrupt", "parse_drift"]


@dataclass(frozen=True)
class Abrupt:
    """From one event to the next: sessions that begin after `at_events` user events follow the new ways.

    Sessions that are under way go on as they began, so that the oracle stays exact.
    """

    at_events: int

    def __str__(self) -> str:
        """As typed on the command line."""
        return f"abrupt@{self.at_events}"


def parse_drift(text: str) -> Abrupt:
    """Read a drift as typed: ``abrupt@N``, N in user events.

    Raises
    ------
    UsageError
        If it is anything else.

    Examples
    --------
    >>> parse_drift("abrupt@175000")
    Abrupt(at_events=175000)
    """
    match = re.fullmatch(r"abrupt@([1-9][0-9]{0,11})", text)
    if match is None:
        msg = f"A drift must be abrupt@N, N in user events. Got {text!r}."
        raise UsageError(msg, hint="Such as --drift abrupt@175000.")
    return Abrupt(int(match[1]))
