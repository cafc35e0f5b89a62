"""What became of the rows of a recorded shop: how many were used, and why the others were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from producers.replay.row import REASONS

__all__ = ["RowCount", "in_words"]

_LONGEST_EXAMPLE: Final = 120


@dataclass
class RowCount:
    """What became of the rows: `read` is always `used` and all of `skipped` together.

    Parameters
    ----------
    read : int
        Rows so far.
    used : int
        Those that became a line of an order or of a return.
    skipped : Counter of str
        The others, by one of `producers.replay.REASONS`.
    examples : dict of str to (int, str)
        Line and text of the first row of each reason, cut short.
    """

    read: int = 0
    used: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[int, str]] = field(default_factory=dict)

    def skip(self, reason: str, line: int, text: str) -> None:
        """Count a row that can't be used."""
        self.skipped[reason] += 1
        if reason not in self.examples:
            text = text.rstrip("\r\n")
            is_long = len(text) > _LONGEST_EXAMPLE
            self.examples[reason] = (line, text[:_LONGEST_EXAMPLE] + "…" * is_long)

    def as_json(self) -> dict[str, object]:
        """Rows as they stand in the result of a replay, reasons in the order of the alphabet."""
        examples = {
            reason: {"line": line, "row": row} for reason, (line, row) in sorted(self.examples.items())
        }
        skipped = dict(sorted(self.skipped.items()))
        return {"read": self.read, "used": self.used, "skipped": skipped, "examples": examples}


def in_words(rows: Mapping[str, Any]) -> list[str]:
    """`RowCount.as_json` as lines for people, the most frequent reason first.

    Examples
    --------
    >>> count = RowCount(read=3, used=2)
    >>> count.skip("no-invoice", 4, ",85123A,LANTERN,6")
    >>> for line in in_words(count.as_json()):
    ...     print(line)
    rows: 3 read, 2 used, 1 skipped
      1 no-invoice: InvoiceNo is empty. Line 4: ,85123A,LANTERN,6
    """
    skipped: dict[str, int] = rows["skipped"]
    lines = [f"rows: {rows['read']:,} read, {rows['used']:,} used, {sum(skipped.values()):,} skipped"]
    for reason, count in sorted(skipped.items(), key=lambda item: -item[1]):
        example = rows["examples"][reason]
        lines.append(f"  {count:,} {reason}: {REASONS[reason]}. Line {example['line']}: {example['row']}")
    return lines
