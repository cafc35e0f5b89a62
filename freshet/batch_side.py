"""What the batch side of a demo is at: the last words of its children, which write JSON lines into their logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from freshet.crew import last_lines

__all__ = ["BatchSide", "batch_side"]

_LINES = 60


@dataclass(frozen=True)
class BatchSide:
    """What happened last.

    Parameters
    ----------
    etl : str
        What the ETL moved, or why it did not; empty before it is started.
    tasks : mapping of str to str
        By task, what the trainer did.
    """

    etl: str = ""
    tasks: Mapping[str, str] = field(default_factory=dict)


def batch_side(logs: Path) -> BatchSide:
    """What the children's logs in this folder say."""
    tasks: dict[str, str] = {}
    for line in _newest_first(logs / "trainer.log"):
        said = _json(line)
        if "said" in said and said.get("task") not in tasks:
            tasks[said["task"]] = f"{_clock(datetime.fromisoformat(said['at']))} {said['said']}"
    return BatchSide(_etl(logs / "etl.log"), tasks)


def _etl(log: Path) -> str:
    if not log.exists():
        return ""
    for line in _newest_first(log):
        said = _json(line)
        if "records_in" in said:
            moved_at = _clock(datetime.fromtimestamp(log.stat().st_mtime).astimezone())
            return f"etl {moved_at} {said['records_in']:,} records in {said['seconds']:.0f} s"
        if "Trying again" in line or line.startswith("error: "):
            return f"etl: {line}"
    return "etl: first run"


def _newest_first(log: Path) -> Iterator[str]:
    return reversed(last_lines(log, _LINES).splitlines())


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"
