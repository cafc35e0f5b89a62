"""Who may listen to a supervisor: told which partitions it owns, and what becomes of their workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

__all__ = ["Listener"]


class Listener:
    """Is told on the supervisor's own threads: it must be quick and must not raise. This one ignores it."""

    def environment(self) -> Mapping[str, str]:
        """What workers are to find in their environment besides the settings; asked before the first one starts."""
        return {}

    def owned(self, partitions: Collection[int]) -> None:
        """These partitions are this supervisor's, and no others: told at the start and whenever that changes."""

    def started(self, partition: int, pid: int) -> None:
        """A worker runs."""

    def died(self, partition: int, pid: int) -> None:
        """A worker has ended, for whatever reason; another may be started."""

    def gave_up(self, partition: int, problem: str) -> None:
        """A partition's worker is not started again."""

    def waits(self, partition: int, why: str | None) -> None:
        """A partition's worker waits for a broker or database that is away; None: it goes on."""
