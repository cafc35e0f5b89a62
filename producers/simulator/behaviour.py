"""What shoppers do, as numbers: the usual ways, and how one lies between two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["HASTY", "USUAL", "Behaviour", "Row", "between"]

# By intent: (browse, compare, buy).
Row: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Behaviour:
    """What shoppers do, as logits against looking at one more product (0).

    Parameters
    ----------
    leave, leave_cart : Row
        With an empty cart, with something in it.
    leave_unseen : float
        Added to leaving where the cart is empty and no product is in view: who has just come or searched
        looks at something first.
    search, remove, order : Row
        `remove` and `order` with something in the cart only.
    add : tuple of Row
        For a product in the low, mid, high bin of the user's appeal.
    bins : tuple of Row
        For each intent the shares of the bins of the product that comes into view.
    dwell_s : Row
        Median seconds between an event of the session and the next.
    dwell_spread : float
        Of the logarithm of the dwell.
    """

    leave: Row
    leave_cart: Row
    leave_unseen: float
    search: Row
    add: tuple[Row, Row, Row]
    remove: Row
    order: Row
    bins: tuple[Row, Row, Row]
    dwell_s: Row
    dwell_spread: float


USUAL: Final = Behaviour(
    leave=(-0.4, -1.3, -1.8),
    leave_cart=(-0.2, -1.2, -2.4),
    leave_unseen=-1.5,
    search=(-2.6, -2.2, -2.6),
    add=((-4.2, -2.6, -1.4), (-3.8, -2.2, -1.0), (-3.4, -1.8, -0.6)),
    remove=(-2.4, -2.2, -3.0),
    order=(-3.0, -1.4, 0.8),
    bins=((0.36, 0.33, 0.31), (0.33, 0.33, 0.34), (0.30, 0.33, 0.37)),
    dwell_s=(9.0, 20.0, 40.0),
    dwell_spread=0.8,
)
# Everybody decides twice as quickly, fills carts more readily and leaves them behind more often. A logistic
# regression frozen at the drift falls to 0.4 to 0.5 of the learnable and stays there, one that learns on is back
# above 0.8 within 10,000 decision points. Dwell turned round (buyers quickest) put the frozen one at -2, and one
# that learns on needed 30,000.
HASTY: Final = Behaviour(
    leave=(-0.4, -1.3, -1.8),
    leave_cart=(-0.1, -1.0, -2.2),
    leave_unseen=-1.5,
    search=(-2.6, -2.2, -2.6),
    add=((-3.4, -2.5, -1.6), (-3.0, -2.1, -1.2), (-2.6, -1.7, -0.8)),
    remove=(-2.4, -2.2, -3.0),
    order=(-3.0, -1.4, 0.8),
    bins=((0.36, 0.33, 0.31), (0.33, 0.33, 0.34), (0.30, 0.33, 0.37)),
    dwell_s=(4.0, 9.0, 18.0),
    dwell_spread=0.8,
)


def between(one: Behaviour, other: Behaviour, share: float) -> Behaviour:
    """Return the behaviour at `share` of the way from one to another: 0 is the one, 1 the other.

    Examples
    --------
    >>> between(USUAL, HASTY, 0.5).dwell_s
    (6.5, 14.5, 29.0)
    """

    def mixed(a: float, b: float) -> float:
        return a + share * (b - a)

    def row(a: Row, b: Row) -> Row:
        return (mixed(a[0], b[0]), mixed(a[1], b[1]), mixed(a[2], b[2]))

    def rows(a: tuple[Row, Row, Row], b: tuple[Row, Row, Row]) -> tuple[Row, Row, Row]:
        return (row(a[0], b[0]), row(a[1], b[1]), row(a[2], b[2]))

    return Behaviour(
        leave=row(one.leave, other.leave),
        leave_cart=row(one.leave_cart, other.leave_cart),
        leave_unseen=mixed(one.leave_unseen, other.leave_unseen),
        search=row(one.search, other.search),
        add=rows(one.add, other.add),
        remove=row(one.remove, other.remove),
        order=row(one.order, other.order),
        bins=rows(one.bins, other.bins),
        dwell_s=row(one.dwell_s, other.dwell_s),
        dwell_spread=mixed(one.dwell_spread, other.dwell_spread),
    )
