"""The numbers of the shop: what shoppers do, given what they came for and what they meet.

All logits are by intent: (browse, compare, buy). They were chosen so that the task is worth learning and can be
learnt: see ``benchmarks/world.py``, which prints the constraints and the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = [
    "BINS",
    "CART_MAX",
    "COUNTRIES",
    "DEVICES",
    "HOURS",
    "INTENTS",
    "LEVEL",
    "LEVELS",
    "OFFERS",
    "PARAMETERS",
    "PERSONAS",
    "PRICES",
    "Behaviour",
    "Parameters",
    "Persona",
    "Row",
]

Row: TypeAlias = tuple[float, float, float]

INTENTS: Final = ("browse", "compare", "buy")
BINS: Final = ("low", "mid", "high")
HOURS: Final = ("night", "morning", "afternoon", "evening")
DEVICES: Final = ("phone", "desktop", "tablet")
OFFERS: Final = ("none", "percent-10", "free-shipping")
PRICES: Final = ("regular", "sale")
COUNTRIES: Final = ("DE", "FR", "GB", "NL", "PL", "SE")
# More lines than this nobody puts into a cart: it keeps the chain finite.
CART_MAX: Final = 5
# Eagerness (persona, device, offer, price regime together) comes in steps, so that the chain is solved once for
# each step and not once for each session.
LEVEL: Final = 0.25
LEVELS: Final = range(-4, 5)


@dataclass(frozen=True)
class Persona:
    """One kind of shopper.

    Parameters
    ----------
    share : float
        Of all users.
    compare, buy : float
        Added to the logits of these intents.
    eager : float
        Added to the logit of ordering, and half of it taken from that of leaving.
    search : float
        Added to the logit of searching.
    wide : float
        How many categories they look at: 0 always the favourite, 1 any.
    offers : tuple of float
        What each of `OFFERS` adds to their eagerness.
    """

    name: str
    share: float
    compare: float
    buy: float
    eager: float
    search: float
    wide: float
    offers: Row


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


@dataclass(frozen=True)
class Parameters:
    """Everything that decides P(order); what else is drawn (products, prices, names) stands with its owner.

    Parameters
    ----------
    prior : Row
        Logits of the intents before covariates.
    prior_hours, prior_devices, prior_offers, prior_prices : tuple of (float, float)
        Added to the logits of (compare, buy).
    prior_returning : tuple of (float, float)
        The same for users who have been here before.
    eager_devices, eager_prices : tuple of float
        Added to eagerness; offers and personas add theirs (see `Persona`).
    behaviours : tuple of Behaviour
        Before and after the drift.
    """

    prior: Row
    prior_hours: tuple[tuple[float, float], ...]
    prior_devices: tuple[tuple[float, float], ...]
    prior_offers: tuple[tuple[float, float], ...]
    prior_prices: tuple[tuple[float, float], ...]
    prior_returning: tuple[float, float]
    eager_devices: tuple[float, ...]
    eager_prices: tuple[float, ...]
    personas: tuple[Persona, ...]
    behaviours: tuple[Behaviour, ...]


PERSONAS: Final = (
    Persona("wanderer", 0.35, -0.2, -0.4, -0.25, -0.2, 0.9, (0.0, 0.25, 0.0)),
    Persona("bargain-hunter", 0.25, 0.2, 0.0, 0.0, 0.5, 0.6, (0.0, 0.5, 0.25)),
    Persona("regular", 0.25, 0.0, 0.4, 0.0, -0.4, 0.3, (0.0, 0.0, 0.25)),
    Persona("errand-runner", 0.15, -0.3, 0.6, 0.25, 0.6, 0.15, (0.0, 0.0, 0.25)),
)

_BEFORE: Final = Behaviour(
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
_AFTER: Final = Behaviour(
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

PARAMETERS: Final = Parameters(
    prior=(0.0, -1.0, -2.2),
    prior_hours=((-0.3, -0.3), (0.0, 0.2), (0.0, 0.0), (0.2, 0.3)),
    prior_devices=((-0.2, -0.3), (0.3, 0.3), (0.0, 0.0)),
    prior_offers=((0.0, 0.0), (0.1, 0.2), (0.1, 0.1)),
    prior_prices=((0.0, 0.0), (0.3, 0.3)),
    prior_returning=(0.1, 0.3),
    eager_devices=(-0.25, 0.25, 0.0),
    eager_prices=(0.0, 0.25),
    personas=PERSONAS,
    behaviours=(_BEFORE, _AFTER),
)
