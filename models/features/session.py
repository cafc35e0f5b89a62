"""What a session has done so far: its stage, its cart, its pace."""

from __future__ import annotations

from collections import OrderedDict
from math import log, log1p

from contracts.events import (
    CartAdded,
    CartRemoved,
    OfferShown,
    OfferTaken,
    OrderPlaced,
    ProductViewed,
    Searched,
    SessionEnded,
    SessionStarted,
    UserEvent,
)
from contracts.labels import SILENCE_MS
from models.features.declared import Feature

__all__ = ["SESSION_FEATURES", "Session", "Sessions", "session_values"]

# Logarithms of dwell are taken against this: about the middle of what shoppers do, so that sums stay near 0.
_PACE_S = 18.0
_SHORTEST_S, _LONGEST_S = 0.5, 600.0
_RECENT = 8
_OPEN = 10_000
# What a person does at their own pace; offers come with the start of a session, not after a dwell.
_PACED = (ProductViewed, Searched, CartAdded, CartRemoved)


class Session:
    """Counts over one session. Copying is cheap, so a feature can ask what it would be after one more event."""

    __slots__ = (
        "adds", "cart_value", "categories", "device", "dwell_last", "dwell_max", "dwell_min", "dwell_squares",
        "dwell_sum", "dwells", "is_returning", "last_ms", "lines", "offer", "offer_taken", "price_sum",
        "products", "removes", "repeats", "searches", "seen_ms", "start_ms", "switches", "views",
        "views_with_cart", "views_since_add",
    )  # fmt: skip

    def __init__(self, time_ms: int) -> None:
        self.start_ms = self.last_ms = self.seen_ms = time_ms
        self.views = self.views_with_cart = self.views_since_add = 0
        self.searches = self.adds = self.removes = self.lines = self.repeats = self.switches = self.dwells = 0
        self.dwell_sum = self.dwell_squares = self.dwell_last = self.dwell_max = self.dwell_min = 0.0
        self.cart_value = self.price_sum = 0.0
        self.products: tuple[str, ...] = ()
        self.categories: tuple[str, ...] = ()
        self.device = self.offer = ""
        self.offer_taken = self.is_returning = False

    def copy(self) -> Session:
        """Return one that goes its own way."""
        twin = Session.__new__(Session)
        for name in Session.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def see(self, event: UserEvent, time_ms: int) -> None:
        """Take in one event of this session."""
        self.seen_ms = max(self.seen_ms, time_ms)
        if isinstance(event, _PACED):
            self._pace(time_ms)
            if isinstance(event, ProductViewed):
                self._view(event)
            elif isinstance(event, CartAdded):
                self.adds += 1
                self.lines += 1
                self.cart_value += event.product.price * event.quantity
                self.views_since_add = 0
            elif isinstance(event, CartRemoved):
                self.removes += 1
                self.lines = max(self.lines - 1, 0)
                worth = self.cart_value - event.product.price * event.quantity
                self.cart_value = max(worth, 0.0) if self.lines else 0.0
            else:
                self.searches += 1
        elif isinstance(event, SessionStarted):
            self.device, self.is_returning = event.device, event.is_returning
        elif isinstance(event, OfferShown):
            self.offer = event.offer
        elif isinstance(event, OfferTaken):
            self.offer_taken = True

    def _pace(self, time_ms: int) -> None:
        dwell_s = min(max((time_ms - self.last_ms) / 1000.0, _SHORTEST_S), _LONGEST_S)
        self.last_ms = max(self.last_ms, time_ms)
        dwell = log(dwell_s / _PACE_S)
        self.dwell_min = min(self.dwell_min, dwell) if self.dwells else dwell
        self.dwell_max = max(self.dwell_max, dwell) if self.dwells else dwell
        self.dwells += 1
        self.dwell_last = dwell
        self.dwell_sum += dwell
        self.dwell_squares += dwell * dwell

    def _view(self, event: ProductViewed) -> None:
        product = event.product
        self.views += 1
        self.views_since_add += 1
        if self.lines:
            self.views_with_cart += 1
        self.price_sum += log(product.price)
        if product.product_id in self.products:
            self.repeats += 1
        self.products = (*self.products, product.product_id)[-_RECENT:]
        category = product.category or ""
        if self.categories and self.categories[-1] != category:
            self.switches += 1
        if category not in self.categories:
            self.categories = (*self.categories, category)[-_RECENT:]
        elif self.categories[-1] != category:
            self.categories = (*(c for c in self.categories if c != category), category)


class Sessions:
    """The sessions under way, by id; forgotten when they end, fall silent or grow too many."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._clock_ms = 0

    def after(self, event: UserEvent, session_id: str, time_ms: int) -> Session:
        """Return a copy of the session as it will be with `event` in it; changes nothing."""
        known = self._open.get(session_id)
        session = known.copy() if known else Session(time_ms)
        session.see(event, time_ms)
        return session

    def fold(self, event: UserEvent, session_id: str, time_ms: int) -> Session:
        """Take `event` in and return its session, for the last time where it ends."""
        self._clock_ms = max(self._clock_ms, time_ms)
        session = self._open.pop(session_id, None) or Session(time_ms)
        session.see(event, time_ms)
        if not isinstance(event, OrderPlaced | SessionEnded):
            session.seen_ms = self._clock_ms
            self._open[session_id] = session
        while self._open:
            oldest = next(iter(self._open))
            if self._clock_ms - self._open[oldest].seen_ms < SILENCE_MS and len(self._open) <= _OPEN:
                break
            del self._open[oldest]
        return session


SESSION_FEATURES = (
    Feature("is_view", 0.0, 1.0, "1 at a view, 0 at a cart add"),
    Feature("views", 0.0, 3.5, "log of 1 + views"),
    Feature("views_no_cart", 0.0, 3.5, "log of 1 + views with an empty cart"),
    Feature("views_with_cart", 0.0, 3.5, "log of 1 + views with something in the cart"),
    Feature("views_since_add", 0.0, 3.5, "log of 1 + views since the last add"),
    Feature("first_view", 0.0, 1.0, "1 at the first view"),
    Feature("searches", 0.0, 2.5, "log of 1 + searches"),
    Feature("adds", 0.0, 2.5, "log of 1 + cart adds"),
    Feature("removes", 0.0, 2.0, "log of 1 + cart removals"),
    Feature("cart_empty", 0.0, 1.0, "1 where nothing is in the cart"),
    Feature("cart_one", 0.0, 1.0, "1 where one line is in the cart"),
    Feature("cart_two", 0.0, 1.0, "1 where two lines are"),
    Feature("cart_many", 0.0, 1.0, "1 where more are"),
    Feature("cart_value", 0.0, 3.0, "log of 1 + worth of the cart, over 3"),
    Feature("repeats", 0.0, 2.0, "log of 1 + views of a product seen before"),
    Feature("switches", 0.0, 2.0, "log of 1 + changes of category"),
    Feature("categories", 0.0, 2.0, "log of the number of categories seen"),
    Feature("minutes", 0.0, 3.0, "log of 1 + minutes since the start"),
    Feature("dwell_sum", -6.0, 6.0, "sum of log dwells"),
    Feature("dwell_mean", -2.0, 2.0, "mean log dwell, drawn to 0 by two dwells more"),
    Feature("dwell_last", -3.0, 3.0, "log of the dwell before this event"),
    Feature("dwell_max", -3.0, 3.0, "longest log dwell"),
    Feature("dwell_min", -3.0, 3.0, "shortest log dwell"),
    Feature("dwell_spread", 0.0, 2.0, "deviation of log dwells"),
    Feature("dwell_pull", -1.0, 1.0, "sum of log dwells, squashed"),
)


def session_values(session: Session, is_view: bool) -> list[float]:
    """Raw values of `SESSION_FEATURES`."""
    lines, n, total = session.lines, session.dwells, session.dwell_sum
    mean = total / n if n else 0.0
    variance = session.dwell_squares / n - mean * mean if n else 0.0
    return [
        1.0 if is_view else 0.0,
        log1p(session.views),
        log1p(session.views - session.views_with_cart),
        log1p(session.views_with_cart),
        log1p(session.views_since_add),
        1.0 if session.views == 1 else 0.0,
        log1p(session.searches),
        log1p(session.adds),
        log1p(session.removes),
        1.0 if lines == 0 else 0.0,
        1.0 if lines == 1 else 0.0,
        1.0 if lines == 2 else 0.0,
        1.0 if lines > 2 else 0.0,
        log1p(session.cart_value) / 3.0,
        log1p(session.repeats),
        log1p(session.switches),
        log(max(len(session.categories), 1)),
        log1p((session.last_ms - session.start_ms) / 60_000.0),
        total,
        total / (n + 2.0),
        session.dwell_last,
        session.dwell_max,
        session.dwell_min,
        max(variance, 0.0) ** 0.5,
        total / (2.0 + abs(total)),
    ]
