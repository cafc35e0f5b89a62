"""The latest predictions, as they stand on the live board."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.bounds import Answer
from dashboard.terminal.fitting import fitting, titled
from dashboard.terminal.plain_text import styled
from dashboard.view.view_model import LatestAnswer

__all__ = ["answer", "latest_table"]

_LEAST_NAME = 12


def answer(task: str, value: Answer | None) -> str:
    """A model's answer as text.

    Examples
    --------
    >>> answer("conversion", 0.1234), answer("basket", 1234.5), answer("basket", None)
    ('12.3 %', '1,234.50', '–')
    """
    if value is None:
        return "–"
    from models.tasks import TASKS  # not for --help: River is behind it

    return TASKS[task].kind.say(value) if task in TASKS else str(value)


def latest_table(latest: Sequence[LatestAnswer], width: int) -> RenderableType:
    """Draw the latest predictions, newest last, with the columns that fit."""
    columns = {
        "event time": [styled(one.time.replace("T", " ").removesuffix("Z"), "dim") for one in latest],
        "user": [styled(one.user_id) for one in latest],
        "task": [styled(one.task, "blue") for one in latest],
        "answer": [Text(answer(one.task, one.answer), "bold") for one in latest],
        "model": [_answered_by(one, width) for one in latest],
    }
    needs = {name: max((cell.cell_len for cell in cells), default=0) + 1 for name, cells in columns.items()}
    longest_user = needs["user"]
    # Names may be cut, numbers and times may not.
    needs |= {name: min(needs[name], _LEAST_NAME) for name in ("user", "model")}
    ranked = ("answer", "task", "user", "model", "event time")
    fits = fitting([needs[name] for name in ranked], width - 1)
    shown = [name for name in columns if name in {n for n, fit in zip(ranked, fits, strict=True) if fit}]
    room = width - 1 - sum(needs[name] for name in shown if name != "user")
    needs["user"] = min(max(longest_user, needs["user"]), max(room, needs["user"]))
    table = Table.grid(padding=(0, 1), expand=True)
    for name in shown:
        width_of = None if name == "model" else needs[name] - 1
        table.add_column(
            no_wrap=True, overflow="ellipsis", width=width_of, ratio=1 if width_of is None else None
        )
    for row in zip(*(columns[name] for name in shown), strict=True):
        table.add_row(*row)
    title = Text(" latest predictions", "bold blue")
    return Group(titled(title, [", ".join(shown) + " "], width), Padding(table, (0, 0, 0, 1)))


def _answered_by(one: LatestAnswer, width: int) -> Text:
    wait = f"  {one.latency_ms:,.0f} ms" if one.latency_ms is not None and width >= 90 else ""
    return Text.assemble(styled(one.model or "no model", "dim"), (wait, "dim"))
