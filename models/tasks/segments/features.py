"""All features of the segments task: what the shopper has done so far, and the visit that ends."""

from __future__ import annotations

from collections import OrderedDict
from math import log1p, sqrt
from typing import Final, NamedTuple

from contracts.events import CartAdded, OrderPlaced, ProductViewed, Searched, SessionStarted, UserEvent
from models.features.declared import Feature, clipped
from models.visits import visit_of

__all__ = ["HABITS", "VISIT", "SegmentFeatures"]

_HABITS = (
    Feature(
        "narrow", 0.0, 1.0, "root of the chance that two choices of a category by this shopper are the same"
    ),
    Feature("searching", 0.0, 1.0, "root of the share of searches among views and searches"),
    Feature("ordering", 0.0, 1.0, "share of the visits with an order"),
    Feature("adding", 0.0, 1.0, "share of the views after which something was added to the cart"),
    Feature("reductions", 0.0, 1.0, "share of the views at a reduced price"),
    Feature("price", 0.0, 15.0, "mean logarithm of the prices viewed"),
    Feature("visits", 0.0, 10.0, "logarithm of the visits so far"),
)
_VISIT = (
    Feature("visit_views", 0.0, 6.0, "logarithm of the views in this visit"),
    Feature("visit_searches", 0.0, 6.0, "logarithm of the searches in this visit"),
    Feature("visit_adds", 0.0, 6.0, "logarithm of what was added to the cart in this visit"),
    Feature("visit_dwell", 0.0, 8.0, "mean logarithm of the seconds between events of this visit"),
    Feature("visit_ordered", 0.0, 1.0, "1 where this visit ended in an order"),
)
HABITS: Final = tuple(feature.name for feature in _HABITS)
"""Features of all visits of the shopper."""
VISIT: Final = tuple(feature.name for feature in _VISIT)
"""Features of this visit alone."""

# Who is hardly known is taken for the usual shopper: so many choices, views or visits more of the usual kind.
_UNKNOWN: Final = 4.0
_UNSEARCHED: Final = 10.0
_USUAL_NARROW, _USUAL_SEARCHING, _USUAL_ORDERING = 0.3, 0.09, 0.13
_USUAL_ADDING, _USUAL_REDUCED, _USUAL_PRICE = 0.07, 0.2, 3.3
_MOST_CATEGORIES: Final = 32
_MOST_USERS: Final = 5_000


class _Tally(NamedTuple):
    """What is counted of a shopper; the last ones of the visit alone."""

    visits: int = 0
    views: int = 0
    searches: int = 0
    adds: int = 0
    orders: int = 0
    reduced: int = 0
    price_sum: float = 0.0
    choices: int = 0
    pairs: int = 0
    category: str = ""
    last_ms: int = 0
    visit_events: int = 0
    visit_views: int = 0
    visit_searches: int = 0
    visit_adds: int = 0
    visit_dwell: float = 0.0
    visit_ordered: int = 0


_NOBODY: Final = _Tally()


class SegmentFeatures:
    """What is known of a shopper when a visit has ended.

    A category is chosen anew where it is not that of the view before: who looks on in one says nothing new by that.
    """

    declared = (*_HABITS, *_VISIT)

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[_Tally, dict[str, int]]] = OrderedDict()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """See `FeatureSet`."""
        tally, chosen = self._known.get(getattr(event, "user_id", ""), (_NOBODY, {}))
        t = _after(tally, chosen, event, time_ms)
        seen, k = t.views + _UNKNOWN, _UNKNOWN
        # Of all pairs of choices; those who have made one choice have none.
        others = max(t.choices - 1, 1)
        narrow = (t.pairs + k * others * _USUAL_NARROW) / ((t.choices + k) * others)
        return clipped(
            self.declared,
            [
                sqrt(narrow),
                sqrt((t.searches + _UNSEARCHED * _USUAL_SEARCHING) / (t.views + t.searches + _UNSEARCHED)),
                (t.orders + k * _USUAL_ORDERING) / (t.visits + k),
                (t.adds + k * _USUAL_ADDING) / seen,
                (t.reduced + k * _USUAL_REDUCED) / seen,
                (t.price_sum + k * _USUAL_PRICE) / seen,
                log1p(t.visits),
                log1p(t.visit_views),
                log1p(t.visit_searches),
                log1p(t.visit_adds),
                t.visit_dwell / max(t.visit_events - 1, 1),
                float(t.visit_ordered),
            ],
        )

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
        user_id = getattr(event, "user_id", None)
        if user_id is None or visit_of(event) is None:
            return
        tally, chosen = self._known.pop(user_id, (_NOBODY, {}))
        after = _after(tally, chosen, event, time_ms)
        if after.choices > tally.choices and (after.category in chosen or len(chosen) < _MOST_CATEGORIES):
            chosen[after.category] = chosen.get(after.category, 0) + 1
        self._known[user_id] = (after, chosen)
        if len(self._known) > _MOST_USERS:
            self._known.popitem(last=False)


def _after(t: _Tally, chosen: dict[str, int], event: UserEvent, time_ms: int) -> _Tally:
    if isinstance(event, SessionStarted):
        return t._replace(
            visits=t.visits + 1, category="", last_ms=time_ms, visit_events=1, visit_views=0, visit_searches=0,
            visit_adds=0, visit_dwell=0.0, visit_ordered=0,
        )  # fmt: skip
    dwell = log1p(max(time_ms - t.last_ms, 0) / 1000.0) if t.visit_events else 0.0
    t = t._replace(last_ms=time_ms, visit_events=t.visit_events + 1, visit_dwell=t.visit_dwell + dwell)
    if isinstance(event, ProductViewed):
        category, price = event.product.category or "", event.product.price
        is_chosen = category != t.category
        return t._replace(
            views=t.views + 1,
            visit_views=t.visit_views + 1,
            reduced=t.reduced + (event.product.discount > 0.0),
            price_sum=t.price_sum + log1p(price),
            category=category,
            choices=t.choices + is_chosen,
            pairs=t.pairs + (2 * chosen.get(category, 0) if is_chosen else 0),
        )
    if isinstance(event, Searched):
        return t._replace(searches=t.searches + 1, visit_searches=t.visit_searches + 1, category="")
    if isinstance(event, CartAdded):
        return t._replace(adds=t.adds + 1, visit_adds=t.visit_adds + 1)
    if isinstance(event, OrderPlaced):
        return t._replace(orders=t.orders + 1, visit_ordered=1)
    return t
