"""What a run did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["RunReport"]


@dataclass(frozen=True)
class RunReport:
    """One run, for people and machines.

    Parameters
    ----------
    run_id : int or None
        In `etl_run`; None: there was nothing new, and nothing was written.
    seconds : float
        From the look at the ledger to the commit.
    good : dict
        Good records by topic and type.
    bad : dict
        Others by topic and reason.
    moved : dict of str to int
        Rows inserted or changed, by table.
    """

    run_id: int | None
    seconds: float
    good: dict[str, dict[str, int]] = field(default_factory=dict)
    bad: dict[str, dict[str, int]] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)

    @property
    def records_in(self) -> int:
        """Committed records that were read."""
        return sum(sum(counts.values()) for found in (self.good, self.bad) for counts in found.values())

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "run_id": self.run_id,
            "seconds": round(self.seconds, 3),
            "records_in": self.records_in,
            "good": self.good,
            "bad": self.bad,
            "moved": self.moved,
        }
