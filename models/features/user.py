"""What is known of a user from before: how often they buy, how they look around, when they came last."""

from __future__ import annotations

from collections import OrderedDict
from math import log, log1p

from contracts.events import CartAdded, OrderPlaced, ProductViewed, Searched, SessionStarted, UserEvent
from models.features.declared import Feature
from models.features.rates import log_odds
from models.features.session import Session

__all__ = ["USER_FEATURES", "User", "Users"]

# 5,000 users are about 1 MB of snapshot.
_KNOWN = 5_000
# At each session what was before counts a little less: people change, and shops do.
_KEEP = 0.98
_DAY_MS = 86_400_000.0


class User:
    """Counts over one user's past, faded by session."""

    __slots__ = (
        "adds", "away", "category_views", "dwell_sum", "dwells", "last_ms", "orders", "price_sum", "searches",
        "sessions", "views", "visits",
    )  # fmt: skip

    def __init__(self) -> None:
        self.visits = self.last_ms = 0
        self.sessions = self.orders = self.views = self.adds = self.searches = 0.0
        self.price_sum = self.dwell_sum = self.dwells = self.away = 0.0
        self.category_views: dict[str, float] = {}

    def start(self, time_ms: int) -> None:
        """Begin one more session."""
        for name in ("sessions", "orders", "views", "adds", "searches", "price_sum", "dwell_sum", "dwells"):
            setattr(self, name, getattr(self, name) * _KEEP)
        self.category_views = {
            name: views * _KEEP for name, views in self.category_views.items() if views > 0.1
        }
        if self.visits:
            self.away = log(max(time_ms - self.last_ms, 60_000) / _DAY_MS)
        self.sessions += 1.0
        self.visits += 1


USER_FEATURES = (
    Feature("user_is_new", 0.0, 1.0, "1 where the user was never seen before this session"),
    Feature("user_sessions", 0.0, 4.5, "log of 1 + sessions before this one"),
    Feature("user_order_rate", -2.5, 2.5, "log odds of a session with an order, against 1 in 10"),
    Feature("user_orders", 0.0, 3.0, "log of 1 + orders"),
    Feature("user_add_rate", -2.5, 2.5, "log odds of adding what is viewed, against 1 in 5"),
    Feature("user_search_rate", -2.5, 2.5, "log odds of searching rather than viewing, against 1 in 8"),
    Feature("user_views_a_session", -2.0, 2.0, "log of views a session, against 3"),
    Feature("user_dwell", -1.5, 1.5, "mean log dwell"),
    Feature(
        "user_days_away",
        -2.0,
        2.0,
        "log of days since anything was heard of them before this session, over 3",
    ),
    Feature("user_focus", 0.0, 1.0, "share of views in the favourite category"),
    Feature("user_likes_category", 0.0, 1.0, "share of views in this category"),
    Feature("user_price", -2.0, 2.0, "mean log price against the category's, of products viewed"),
)


class Users:
    """Users by id, those not seen for longest forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, User] = OrderedDict()

    def values(self, user_id: str, category: str) -> list[float]:
        """Raw values of `USER_FEATURES` for a product of `category`."""
        user = self._known.get(user_id) or User()
        past = max(user.visits - 1, 0)
        views = sum(user.category_views.values())
        shown = user.views + 4.0
        return [
            1.0 if past == 0 else 0.0,
            log1p(past),
            log_odds(user.orders, user.sessions, 0.1, 6.0),
            log1p(user.orders),
            log_odds(user.adds, user.views, 0.2, 6.0),
            log_odds(user.searches, user.searches + user.views, 0.125, 6.0),
            log((user.views + 9.0) / (user.sessions + 3.0) / 3.0),
            user.dwell_sum / (user.dwells + 5.0),
            user.away / 3.0,
            max(user.category_views.values(), default=0.0) / (views + 4.0),
            user.category_views.get(category, 0.0) / (views + 4.0),
            user.price_sum / shown,
        ]

    def fold(
        self, event: UserEvent, user_id: str, session: Session | None, price: float, time_ms: int
    ) -> None:
        """Take in one event of a user.

        Parameters
        ----------
        event : UserEvent
            The event.
        user_id : str
            Whose it is.
        session : Session or None
            The session with the event in it.
        price : float
            Log price of the product against its category's, where there is a product.
        time_ms : int
            Event time.
        """
        user = self._known.pop(user_id, None) or User()
        self._known[user_id] = user
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        if isinstance(event, SessionStarted):
            user.start(time_ms)
        elif isinstance(event, ProductViewed):
            user.views += 1.0
            user.price_sum += price
            category = event.product.category or ""
            if category in user.category_views or len(user.category_views) < 32:
                user.category_views[category] = user.category_views.get(category, 0.0) + 1.0
        elif isinstance(event, CartAdded):
            user.adds += 1.0
        elif isinstance(event, Searched):
            user.searches += 1.0
        elif isinstance(event, OrderPlaced):
            user.orders += 1.0
        if session is not None and isinstance(event, ProductViewed | CartAdded | Searched):
            user.dwells += 1.0
            user.dwell_sum += session.dwell_last
        user.last_ms = max(user.last_ms, time_ms)
