"""What of a line fits a narrow terminal: each piece whole or not at all, so that no number loses digits."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

__all__ = ["fitting", "spread", "titled", "whole_words"]


def fitting(needs: Sequence[int], room: int) -> list[bool]:
    """Tell which pieces are shown: the first ones are asked first.

    Examples
    --------
    >>> fitting([20, 11, 30, 8], 40)
    [True, True, False, True]
    """
    shown = []
    for need in needs:
        shown.append(need <= room)
        room -= need if need <= room else 0
    return shown


def whole_words(text: Text, width: int) -> Text:
    """`text`, cut between two words where it is longer than `width`.

    Examples
    --------
    >>> str(whole_words(Text("oracle 0.25 bayes 0.31"), 20))
    'oracle 0.25 bayes …'
    """
    if text.cell_len <= width:
        return text
    words = text.plain
    ends = [i for i, char in enumerate(words) if char == " " and cell_len(words[:i]) <= width - 2]
    cut = text[: ends[-1] if ends else 0]
    cut.append(" …" if width > 1 else "")
    return cut


def spread(left: Sequence[tuple[int, Text]], right: Sequence[tuple[int, Text]], width: int) -> Table:
    """Lay out a line with what fits of both sides, each piece with its rank: the lowest is asked first."""
    ranked = sorted([*left, *right], key=lambda piece: piece[0])
    fits = fitting([text.cell_len for _, text in ranked], width)
    shown = {rank for (rank, _), is_shown in zip(ranked, fits, strict=True) if is_shown}
    row = Table.grid(expand=True)
    row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_column(no_wrap=True, justify="right")
    row.add_row(*(Text().join(text for rank, text in side if rank in shown) for side in (left, right)))
    return row


def titled(title: Text, rights: Sequence[str], width: int) -> Table:
    """Lay out a heading with the last of `rights` that fits."""
    right = next((text for text in reversed(rights) if title.cell_len + len(text) + 2 <= width), "")
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True, justify="right")
    row.add_row(title, Rule(style="blue dim"), Text(right, "dim"))
    return row
