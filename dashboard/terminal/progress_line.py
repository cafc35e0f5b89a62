"""How far a run is, in one line: for a log or a pipe, where there is no board."""

from __future__ import annotations

from dashboard.terminal.board import number
from dashboard.view.view_model import View

__all__ = ["progress_line"]


def progress_line(view: View) -> str:
    """One line for a log or a pipe: how far it is."""
    parts = [f"events {view.events:,}" + (f" of {view.events_total:,}" if view.events_total else "")]
    if view.events_per_s is not None:
        parts[0] += f" ({view.events_per_s:,.0f}/s)"
    if view.learner_lag is not None:
        parts.append(f"learner lag {view.learner_lag:,}")
    if view.scoreboard_lag is not None:
        parts.append(f"scoreboard lag {view.scoreboard_lag:,}")
    if view.held:
        parts.append(view.held.removesuffix("."))
    for task in view.tasks:
        value = next((m.metrics.get(task.charted) for m in task.models if m.name == task.served), None)
        if value is not None:
            parts.append(f"{task.name}: {task.served} {number(task.charted, value)}")
    return ", ".join(parts)
