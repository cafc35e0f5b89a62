"""Reliability of probabilities, for people: what was answered against what came, in ten groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from freshet.render import plain

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["figure", "show_calibration"]

_WIDTH = 41


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
                screen.print(_table(model["calibration"]))
                screen.print()


def _table(bins: Sequence[Mapping[str, Any]]) -> Table:
    most = max(max(one["answered"], one["came"]) for one in bins)
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("labels", "answered", "came", "± se", "truth"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"o answered, x came, * both; 0 to {most:.0%}", no_wrap=True)
    for one in bins:
        cells = [_percent(one[name]) for name in ("answered", "came", "se", "truth")]
        style = "yellow" if one["se"] and abs(one["answered"] - one["came"]) > 2.0 * one["se"] else ""
        table.add_row(f"{one['labels']:,}", *cells, Text(figure(one["answered"], one["came"], most), style))
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
