"""All features of the conversion task, in families: session, user, product, context, and crosses of them."""

from __future__ import annotations

from typing import Final

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.features.context import CONTEXT_FEATURES, context_values
from models.features.crosses import Pairs, cross_features, cross_values
from models.features.declared import clipped
from models.features.product import PRODUCT_FEATURES, Products
from models.features.session import SESSION_FEATURES, Sessions, session_values
from models.features.user import USER_FEATURES, Users
from models.visits import visit_of

__all__ = ["ConversionFeatures"]

_PLAIN: Final = SESSION_FEATURES + USER_FEATURES + PRODUCT_FEATURES + CONTEXT_FEATURES
# Chosen by score tests against the simulator's oracle, before and after a drift. The eleven before them added nothing.
_PAIRS: Final[Pairs] = (
    # How someone looks around says the more of the intent the longer it is known, and differently on each device.
    ("minutes", "dwell_pull"),
    ("minutes", "dwell_max"),
    ("minutes", "dwell_mean"),
    ("views_no_cart", "dwell_mean"),
    ("dwell_mean", "desktop"),
    ("dwell_mean", "phone"),
    ("is_view", "cart_empty"),
)
_CROSSED: Final = cross_features(_PLAIN, _PAIRS)
_ODD: Final = 3.0


class ConversionFeatures:
    """What is known when a session looks at a product or puts it into the cart."""

    declared = _PLAIN + _CROSSED

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._users = Users()
        self._products = Products()

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        """See `FeatureSet`."""
        if not isinstance(event, ProductViewed | CartAdded) or event.session_id is None:
            msg = f"Conversion is asked at views and cart adds of a session. Got {event}."
            raise TypeError(msg)
        session = self._sessions.after(event, event.session_id, time_ms)
        raw = session_values(session, isinstance(event, ProductViewed))
        raw += self._users.values(event.user_id, event.product.category or "")
        raw += self._products.values(event.product)
        raw += context_values(session)
        x = clipped(_PLAIN, raw)
        x |= clipped(_CROSSED, cross_values(x, _PAIRS))
        return x

    def fold(self, event: UserEvent, time_ms: int) -> None:
        """See `FeatureSet`."""
        user_id = getattr(event, "user_id", None)
        if user_id is None:
            return
        session = None
        # A return or a review says whose it is, and may name a session that ended days ago.
        session_id = getattr(event, "session_id", None) if visit_of(event) is not None else None
        if session_id is not None:
            session = self._sessions.fold(event, session_id, time_ms)
        price = 0.0
        if isinstance(event, ProductViewed | CartAdded):
            # One odd price must not weigh for the rest of a user's days.
            price = min(max(self._products.price_in_category(event.product), -_ODD), _ODD)
        self._users.fold(event, user_id, session, price, time_ms)
        self._products.fold(event, session.products if session else ())
        if session is not None and isinstance(event, OrderPlaced):
            self._products.order(session.categories)
