"""Reliability of probabilities, for people: what was answered against what came, in ten groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from dashboard.terminal.fitting import fitting
from dashboard.terminal.plain_text import plain

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["figure", "show_calibration"]

_WIDTH = 41
# The order in which columns get their place on a narrow terminal, and that in which they stand.
_RANKED = ("answered", "came", "labels", "± se", "truth")
_STANDING = ("labels", "answered", "came", "± se", "truth")


def show_calibration(screen: Console, board: Mapping[str, Any]) -> None:
    """Print how often the answers of each model of a board came true; tasks without probabilities have none."""
    for task, scored in board["tasks"].items():
        for name, model in scored["models"].items():
            if model.get("calibration"):
                heading = f"  answers against what came, ECE {model['ece']:.4f}"
                if model["ece_truth"] is not None:
                    heading += f" (against the truth {model['ece_truth']:.4f})"
                screen.print(
                    Text.assemble((plain(task), "bold blue"), " ", (plain(name), "bold"), heading),
                    soft_wrap=True,
                )
                screen.print(_table(model["calibration"], screen.width))
                screen.print()


def _table(bins: Sequence[Mapping[str, Any]], room: int) -> Table:
    """Lay out a line a group, with the columns that fit `room` whole and what is left of it for the figure."""
    most = max(max(one["answered"], one["came"]) for one in bins)
    columns = {"labels": [f"{one['labels']:,}" for one in bins]}
    for name, key in (("answered", "answered"), ("came", "came"), ("± se", "se"), ("truth", "truth")):
        columns[name] = [_percent(one[key]) for one in bins]
    widths = {name: 2 + max(cell_len(text) for text in (name, *cells)) for name, cells in columns.items()}
    fits = dict(zip(_RANKED, fitting([widths[name] for name in _RANKED], room), strict=True))
    shown = [name for name in _STANDING if fits[name]]
    legend = f"o answered x came * both, to {most:.0%}"
    width = min(room - 2 - sum(widths[name] for name in shown), _WIDTH)
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    if width >= len(legend):
        table.add_column(legend, no_wrap=True)
    for one, *cells in zip(bins, *(columns[name] for name in shown), strict=True):
        style = "yellow" if one["se"] and abs(one["answered"] - one["came"]) > 2.0 * one["se"] else ""
        drawn = Text(figure(one["answered"], one["came"], most, width), style)
        table.add_row(*cells, *[drawn] * (width >= len(legend)))
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.1f} %"


def figure(answered: float, came: float, most: float, width: int = _WIDTH) -> str:
    """Both on one line from 0 to `most`.

    Examples
    --------
    >>> figure(0.2, 0.5, 1.0, width=11), figure(0.5, 0.5, 1.0, width=11), figure(0.0, 0.0, 0.0, width=3)
    ('··o··x·····', '·····*·····', '*··')
    """
    places = {
        round(value / most * (width - 1)) if most else 0: mark
        for value, mark in ((answered, "o"), (came, "x"))
    }
    if len(places) == 1:
        places = dict.fromkeys(places, "*")
    return "".join(places.get(at, "·") for at in range(width))
