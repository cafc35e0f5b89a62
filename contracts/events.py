"""The events of ``shop.user-events`` and ``shop.product-events``, and what may stand in them.

Every field is bounded (see `contracts.bounds`): what does not fit is no event (see `contracts.codec`).
Unknown fields pass, so that old readers survive new writers.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from contracts.bounds import (
    Amount,
    Digest,
    Id,
    KeyId,
    Price,
    Quantity,
    Share,
    Stage,
    Stars,
    Stock,
    Text,
    Time,
)

__all__ = [
    "CartAdded",
    "CartRemoved",
    "ClockTicked",
    "ModelActivated",
    "OfferShown",
    "OfferTaken",
    "OrderPlaced",
    "OrderReturned",
    "PriceChanged",
    "Product",
    "ProductEvent",
    "ProductListed",
    "ProductRetired",
    "ProductViewed",
    "ReviewPosted",
    "Searched",
    "SessionEnded",
    "SessionStarted",
    "StockChanged",
    "UserEvent",
]


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every event has.

    Parameters
    ----------
    id : str
        Unique within its source.
    time : str
        Event time, RFC 3339 in UTC with milliseconds: ``2026-01-05T08:00:00.000Z``.
    source : str
        Who wrote it, such as ``simulator/7``.
    """

    id: Id
    time: Time
    source: Id


class Product(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product as it was when an event touched it.

    Parameters
    ----------
    product_id : str
        The shop's key of it.
    price : float
        Price of one piece, after the discount, in the shop's currency.
    category, brand : str, optional
        Null where a recorded shop does not tell.
    discount : float
        Share of the list price that is taken off, 0 to 1.
    stock : int, optional
        Pieces left.
    """

    product_id: Id
    price: Price
    category: Id | None = None
    brand: Id | None = None
    discount: Share = 0.0
    stock: Stock | None = None


class _User(Event, frozen=True, kw_only=True):
    user_id: Id
    session_id: Id | None = None


class SessionStarted(_User, frozen=True, kw_only=True, tag="SessionStarted"):
    """A user comes to the shop."""

    device: Id
    country: Id | None = None
    is_returning: bool = False


class ProductViewed(_User, frozen=True, kw_only=True, tag="ProductViewed"):
    """A user looks at a product: a decision point of the conversion task."""

    product: Product


class Searched(_User, frozen=True, kw_only=True, tag="Searched"):
    """A user searches the shop."""

    query: Text


class _Cart(_User, frozen=True, kw_only=True):
    cart_id: Id
    product: Product
    quantity: Quantity


class CartAdded(_Cart, frozen=True, kw_only=True, tag="CartAdded"):
    """`quantity` pieces go into the cart: a decision point of conversion and basket."""


class CartRemoved(_Cart, frozen=True, kw_only=True, tag="CartRemoved"):
    """`quantity` pieces leave the cart: a decision point of basket."""


class OrderPlaced(_User, frozen=True, kw_only=True, tag="OrderPlaced"):
    """The cart is paid for.

    Parameters
    ----------
    total : float
        What was paid: the label of the basket task.
    lines : int
        Different products in the order.
    """

    cart_id: Id
    order_id: Id
    total: Amount
    lines: Quantity


class OrderReturned(_User, frozen=True, kw_only=True, tag="OrderReturned"):
    """Something that was ordered comes back; `total` is what is paid back, above zero."""

    order_id: Id
    total: Amount
    lines: Quantity


class ReviewPosted(_User, frozen=True, kw_only=True, tag="ReviewPosted"):
    """A user reviews a product; most give no stars."""

    product_id: Id
    text: Text
    stars: Stars | None = None


class OfferShown(_User, frozen=True, kw_only=True, tag="OfferShown"):
    """The shop shows an offer, or on purpose none (`offer` is then ``none``)."""

    offer: Id
    propensity: Share


class OfferTaken(_User, frozen=True, kw_only=True, tag="OfferTaken"):
    """The user takes the offer."""

    offer: Id


class SessionEnded(_User, frozen=True, kw_only=True, tag="SessionEnded"):
    """The user is gone."""


class ClockTicked(Event, frozen=True, kw_only=True, tag="ClockTicked"):
    """Event time goes on: written to every partition, so that idle ones settle their labels."""


class ModelActivated(Event, frozen=True, kw_only=True, tag="ModelActivated"):
    """From this record on a batch model stands where it says; written to every partition in one transaction.

    Parameters
    ----------
    task, model, version : str
        Which: it answers as `name`.
    stage : str
        ``shadow``: it answers and is scored. ``champion``: its answer is served, and the champion before goes on as a
        shadow. ``retired``: it answers no more.
    digest : str
        Hex of the artefact's SHA-256: the log says what answered, not the registry. Empty in records of before.
    change : str, optional
        The change of the registry that this is part of.
    time : str
        That of the event before it: it is no news of the shop, and must not move its clock.
    key, mac : str
        Which key of the installation signed it, and the signature in hex: see `infra.signatures`. Empty in records of
        before, which change nothing any more.
    """

    task: Id
    model: Id
    version: Id
    stage: Stage = "champion"
    digest: Digest = ""
    change: Id | None = None
    key: KeyId = ""
    mac: Digest = ""

    @property
    def name(self) -> str:
        """Under which its answers stand in predictions: ``model@version``."""
        return f"{self.model}@{self.version}"


class _ProductState(Event, frozen=True, kw_only=True):
    product: Product
    name: Text | None = None


class ProductListed(_ProductState, frozen=True, kw_only=True, tag="ProductListed"):
    """A product is for sale from now on."""


class PriceChanged(_ProductState, frozen=True, kw_only=True, tag="PriceChanged"):
    """Price or discount of a product changed."""


class StockChanged(_ProductState, frozen=True, kw_only=True, tag="StockChanged"):
    """The stock of a product changed."""


class ProductRetired(_ProductState, frozen=True, kw_only=True, tag="ProductRetired"):
    """A product is no longer for sale."""


ProductEvent: TypeAlias = ProductListed | PriceChanged | StockChanged | ProductRetired
UserEvent: TypeAlias = (
    SessionStarted
    | ProductViewed
    | Searched
    | CartAdded
    | CartRemoved
    | OrderPlaced
    | OrderReturned
    | ReviewPosted
    | OfferShown
    | OfferTaken
    | SessionEnded
    | ClockTicked
    | ModelActivated
    | ProductListed
    | PriceChanged
    | StockChanged
    | ProductRetired
)
