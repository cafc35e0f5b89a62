"""The scores of every model of every task, as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dashboard.terminal.board import column_title, fewer_labels, number, share
from dashboard.terminal.plain_text import plain, styled

if TYPE_CHECKING:
    from rich.console import Console

    from consumers.scoreboard.reading import Champion

__all__ = ["show_board"]

_NO_COLUMNS = ("labels", "share_se", "share_realised", "ece", "ece_truth", "calibration", "window")


def show_board(
    screen: Console,
    board: Mapping[str, Any],
    champions: Mapping[str, Champion],
    stages: Mapping[str, str],
    batch: Mapping[str, str] = {},
) -> None:
    """Print a board as `consumers.scoreboard.read_board` says it.

    Parameters
    ----------
    screen : Console
        Where to.
    board : mapping
        What to say.
    champions : mapping of str to Champion
        By task, who is served.
    stages : mapping of str to str
        Of batch models, by ``task/name@version``.
    batch : mapping of str to str
        By task, what was done last about batch models.
    """
    for task, scored in board["tasks"].items():
        heading = Text.assemble((plain(task), "bold blue"), f"  over the last {scored['labels']:,} labels")
        screen.print(heading)
        screen.print(_table(task, scored, champions.get(task), stages))
        if fewer := {name: m["labels"] for name, m, _ in _rows(scored) if _is_partial(m, scored)}:
            screen.print(fewer_labels(fewer), soft_wrap=True)
        if scored.get("oracle"):
            _show_oracle(screen, scored["oracle"])
        if (champion := champions.get(task)) is not None:
            said = f"{champion.model or 'no model'} ({champion.why})"
            screen.print(Text.assemble(("  served ", "dim"), styled(said)), soft_wrap=True)
        if task in batch:
            screen.print(Text.assemble(("  batch  ", "dim"), styled(batch[task])), soft_wrap=True)
        screen.print()
    if board.get("drift") is not None:
        _show_drift(screen, board["drift"])


def _table(
    task: str, scored: Mapping[str, Any], champion: Champion | None, stages: Mapping[str, str]
) -> Table:
    rows = _rows(scored)
    metrics = [name for name in rows[0][1] if name not in _NO_COLUMNS] if rows else []
    has_window = bool(rows) and "window" in rows[0][1]
    table = Table(box=None, header_style="dim", padding=(0, 1))
    table.add_column("  model", no_wrap=True)
    for name in metrics:
        table.add_column(column_title(name), justify="right", no_wrap=True)
    if has_window:
        newest = max(model["window"]["labels"] for _, model, _ in rows)
        table.add_column(f"newest {newest:,}", justify="right", no_wrap=True)
        table.add_column("learnable", justify="right", no_wrap=True)
    for name, model, is_baseline in rows:
        is_served = champion is not None and champion.model == name
        is_partial = _is_partial(model, scored)
        shown = Text.assemble(
            ("★ " if is_served else "  ", "yellow"),
            (plain(name), "dim" if is_baseline else "bold"),
            ("°" if is_partial else "", "yellow"),
            (f" {stage}" if (stage := stages.get(f"{task}/{name}")) else "", "dim"),
        )
        cells = [_cell(metric, model) for metric in metrics]
        if has_window:
            window = model["window"]
            cells += [_cell("log_loss", window), _cell("share_of_learnable", window)]
        table.add_row(shown, *cells, style="dim" if is_partial else "")
    return table


def _cell(metric: str, scores: Mapping[str, Any]) -> str:
    value = scores[metric]
    return share(value, scores.get("share_se")) if metric == "share_of_learnable" else number(metric, value)


def _rows(scored: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], bool]]:
    """Models with their scores, and whether they are baselines."""
    rows = [(name, m, False) for name, m in scored["models"].items()]
    return rows + [(name, m, True) for name, m in scored.get("baselines", {}).items()]


def _is_partial(model: Mapping[str, Any], scored: Mapping[str, Any]) -> bool:
    """Whether its scores are over other labels than those of the rest."""
    return bool(0 < model["labels"] < scored["labels"])


def _show_oracle(screen: Console, oracle: Mapping[str, Any]) -> None:
    lines = [f"{name} {number('log_loss', value)}" for name, value in oracle.items() if name != "leaks"]
    screen.print(Text.assemble(("  oracle ", "dim"), (" · ".join(lines), "magenta")), soft_wrap=True)
    if oracle.get("leaks"):
        said = f"  LEAK: {', '.join(map(plain, oracle['leaks']))}: better than can be known before the draw"
        screen.print(Text(said, "bold red"), soft_wrap=True)


def _show_drift(screen: Console, drift: Mapping[str, Any]) -> None:
    back = drift["back_above_0.80_after_decisions"]
    said = [
        f"shoppers changed after {drift['at_events']:,} events",
        f"lowest share {number('share_of_learnable', drift['lowest_share'])}",
        f"back above 80 % after {back:,} decisions" if back is not None else "not back above 80 % yet",
        f"frozen copy at {number('share_of_learnable', drift['frozen_share_at_end'])}",
    ]
    screen.print(Text.assemble(("drift", "bold blue"), "  " + " · ".join(said)), soft_wrap=True)
