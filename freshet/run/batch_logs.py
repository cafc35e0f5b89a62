"""What the batch side of a demo does: the last lines of its children, which write JSON lines into their logs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.view.view_model import BatchSide
from freshet.run.processes import last_lines

__all__ = ["BatchLogs"]

_LINES = 60


class BatchLogs:
    """The children's logs in a folder, looked at again and again: of a quiet task the last word is remembered.

    Parameters
    ----------
    logs : Path
        The folder.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._tasks: dict[str, str] = {}

    def look(self) -> BatchSide:
        """The newest lines."""
        for line in last_lines(self._logs / "trainer.log", _LINES).splitlines():
            said = _json(line)
            if "said" in said:
                self._tasks[said["task"]] = f"{_clock(datetime.fromisoformat(said['at']))} {said['said']}"
        return BatchSide(_etl(self._logs / "etl.log"), dict(self._tasks))


def _etl(log: Path) -> str:
    if not log.exists():
        return ""
    for line in reversed(last_lines(log, _LINES).splitlines()):
        said = _json(line)
        if "records_in" in said:
            moved_at = _clock(datetime.fromtimestamp(log.stat().st_mtime).astimezone())
            return f"etl {moved_at} {said['records_in']:,} records in {said['seconds']:.0f} s"
        if "Trying again" in line or line.startswith("error: "):
            return f"etl: {line}"
    return "etl: first run"


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"
