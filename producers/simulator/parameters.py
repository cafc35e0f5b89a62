"""The numbers of the shop: what shoppers do, given what they came for and what they meet.

All logits are by intent: (browse, compare, buy). They were chosen so that the task is worth learning and can be
learnt: see ``benchmarks/world.py``, which prints the constraints and the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from producers.simulator.behaviour import USUAL, Behaviour, Row
from producers.simulator.drifts import BEHAVIOURS

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
    "Parameters",
    "Persona",
]

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
        By regime: the usual one, then those of every drift.
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
    behaviours=(USUAL, *BEHAVIOURS),
)
