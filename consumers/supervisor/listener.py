"""Callbacks of a supervisor: which partitions it owns, and the state of their workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

__all__ = ["Listener"]


class Listener:
    """Called on the supervisor's own threads: it must be quick and must not raise. This one ignores all."""

    def environment(self) -> Mapping[str, str]:
        """Environment variables for workers besides the settings; called before the first worker starts."""
        return {}

    def owned(self, partitions: Collection[int]) -> None:
        """The supervisor owns exactly these partitions. Called at the start and after each change."""

    def started(self, partition: int, pid: int) -> None:
        """A worker runs."""

    def died(self, partition: int, pid: int) -> None:
        """A worker has ended, for any reason; another may be started."""

    def gave_up(self, partition: int, problem: str) -> None:
        """A partition's worker is not started again."""

    def waits(self, partition: int, why: str | None) -> None:
        """A partition's worker waits for a broker or database that is away; None: it goes on."""
