"""What a worker tells its supervisor: by how it ends, and in two words on its standard error."""

from __future__ import annotations

from typing import Final

__all__ = ["EXIT_AWAY", "EXIT_FENCED", "EXIT_OVERDUE", "EXIT_REFUSED", "GOES_ON", "WAITS"]

EXIT_REFUSED: Final = 3
"""A worker leaves with this where going on would be wrong: it is not started again, for it would refuse again."""

EXIT_FENCED: Final = 4
"""A worker leaves with this where a newer one has taken its partition over."""

EXIT_AWAY: Final = 5
"""A worker leaves with this where broker or database is away: it is started again as often as that takes."""

EXIT_OVERDUE: Final = 70
"""Its watchdog leaves with this where the brokers have not taken a turn in time: they are away, too."""

WAITS: Final = "waits: "
"""A line begins with this where broker or database is away, and goes on with why."""

GOES_ON: Final = "goes on"
"""This line says that they are there again."""
